import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useNewVersion } from "./use-new-version";

const page = (script: string) =>
  new Response(`<!doctype html><script type="module" src="${script}"></script>`, {
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });

describe("a new version of the app", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    document.head.innerHTML = '<script type="module" src="/assets/one.js"></script>';
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    document.head.innerHTML = "";
  });

  it("loads the page anew, and nothing else does", async () => {
    const answers = [
      () => Promise.resolve(page("/assets/one.js")),
      () => Promise.reject(new TypeError("no network")),
      () => Promise.resolve(new Response("away", { status: 502 })),
      () => Promise.resolve(page("/assets/two.js")),
    ];
    vi.stubGlobal("fetch", () => answers.shift()?.());
    const reload = vi.fn();
    renderHook(() => useNewVersion(reload));
    for (let asked = 0; asked < 3; asked++) {
      await vi.advanceTimersByTimeAsync(5 * 60_000);
      expect(reload).not.toHaveBeenCalled();
    }
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(reload).toHaveBeenCalledTimes(1);
  });
});
