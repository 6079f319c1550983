import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiURL, configureApi } from "./api/client";
import { loadConfig } from "./config";
import { at, server } from "./testing/server";

describe("loadConfig", () => {
  afterEach(() => {
    vi.useRealTimers();
    configureApi("");
  });

  it("does not wait for a network that never answers when the address is known", async () => {
    server.use(http.get(at("/config.json"), () => HttpResponse.json({ api_base: "//api.test" })));
    await loadConfig();
    configureApi("");
    vi.useFakeTimers();
    server.use(http.get(at("/config.json"), () => new Promise<never>(() => undefined)));

    const loaded = loadConfig();
    await vi.advanceTimersByTimeAsync(2_000);
    await loaded;

    expect(apiURL("/me")).toBe("http://api.test/me");
  });

  it("does not take a hotspot's page for the address", async () => {
    localStorage.setItem("trottoir.api-base", "//api.test");
    server.use(http.get(at("/config.json"), () => HttpResponse.html("<h1>Wi-Fi</h1>")));
    await loadConfig();
    expect(apiURL("/me")).toBe("http://api.test/me");
  });

  it("says so on a device that never saw the server", async () => {
    server.use(http.get(at("/config.json"), () => HttpResponse.error()));
    await expect(loadConfig()).rejects.toThrow();
  });
});
