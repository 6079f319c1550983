import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiURL, configureApi } from "./api/client";
import { adoptKnownConfig, loadConfig } from "./config";
import { configureTimeZone, today } from "./dates";
import { mapStyleURL } from "./map/map-config";
import { at, server } from "./testing/server";

const config = { api_base: "//api.test", time_zone: "Asia/Bangkok" };
const answer = (body: () => Response | Promise<Response>) =>
  server.use(http.get(at("/config.json"), body));

describe("loadConfig", () => {
  afterEach(() => {
    vi.useRealTimers();
    configureApi("");
    configureTimeZone("Europe/Brussels");
  });

  it("does not wait for a network that never answers when the address is known", async () => {
    answer(() => HttpResponse.json(config));
    await loadConfig();
    configureApi("");
    vi.useFakeTimers();
    answer(() => new Promise<never>(() => undefined));

    const loaded = loadConfig();
    await vi.advanceTimersByTimeAsync(2_000);
    await loaded;

    expect(apiURL("/me")).toBe("http://api.test/me");
  });

  it("can take the last answer before there is a new one", async () => {
    expect(adoptKnownConfig()).toBe(false);
    expect(apiURL("/me")).toBe("/me");
    answer(() => HttpResponse.json(config));
    await loadConfig();
    configureApi("");

    expect(adoptKnownConfig()).toBe(true);
    expect(apiURL("/me")).toBe("http://api.test/me");
  });

  it("says in which zone days begin, also without network later", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-25T18:30:00Z"), toFake: ["Date"] });
    answer(() => HttpResponse.json(config));
    await loadConfig();
    expect(today()).toBe("2026-11-26");

    configureTimeZone("Europe/Brussels");
    answer(() => HttpResponse.error());
    await loadConfig();
    expect(today()).toBe("2026-11-26");
  });

  it("says where the ground of maps comes from", async () => {
    answer(() => HttpResponse.json({ ...config, map_style_url: "/map/gent.pmtiles" }));
    await loadConfig();
    expect(mapStyleURL()).toBe("/map/gent.pmtiles");
    answer(() => HttpResponse.json(config));
    await loadConfig();
    expect(mapStyleURL()).toBe("");
  });

  it("takes neither a hotspot's page nor a zone that does not exist", async () => {
    localStorage.setItem("trottoir.config", JSON.stringify(config));
    for (const body of [
      () => HttpResponse.html("<h1>Wi-Fi</h1>"),
      () => HttpResponse.json({ message: "Sign in to the hotel's network" }),
      () => HttpResponse.json({ api_base: "//other.test", time_zone: "Mars/Olympus" }),
    ]) {
      answer(body);
      await loadConfig();
      expect(apiURL("/me")).toBe("http://api.test/me");
    }
  });

  it("says so on a device that never saw the server", async () => {
    answer(() => HttpResponse.error());
    await expect(loadConfig()).rejects.toThrow();
  });
});
