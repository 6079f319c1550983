import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppVersion } from "./app-version";

const page = (script: string) =>
  new Response(`<!doctype html><script type="module" src="${script}"></script>`, {
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });

describe("a browser that does not keep the app", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    document.head.innerHTML = '<script type="module" src="/assets/one.js"></script>';
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    document.head.innerHTML = "";
  });

  it("tells of a newer version, and of nothing else; loading it loads the page", async () => {
    const answers = [
      () => Promise.resolve(page("/assets/one.js")),
      () => Promise.reject(new TypeError("no network")),
      () => Promise.resolve(new Response("away", { status: 502 })),
      () => Promise.resolve(page("/assets/two.js")),
    ];
    vi.stubGlobal("fetch", () => answers.shift()?.());
    const reload = vi.fn();
    const version = new AppVersion(reload);
    const told = vi.fn();
    version.subscribe(told);
    await version.watch();
    for (let asked = 0; asked < 3; asked++) {
      await vi.advanceTimersByTimeAsync(5 * 60_000);
      expect(version.getSnapshot()).toBe(false);
    }
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(told).toHaveBeenCalledTimes(1);
    expect(version.getSnapshot()).toBe(true);
    expect(reload).not.toHaveBeenCalled();
    await version.load();
    expect(reload).toHaveBeenCalledTimes(1);
  });
});

/** A browser that keeps the app, with a version that waits or none. */
function keep(waiting: { postMessage: (message: unknown) => void } | null) {
  const container = Object.assign(new EventTarget(), {
    getRegistration: () => Promise.resolve({ waiting }),
  });
  vi.stubGlobal("navigator", { ...navigator, serviceWorker: container });
  return container;
}

describe("the newer version of the app", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("comes into force before the page is loaded again", async () => {
    const postMessage = vi.fn();
    const container = keep({ postMessage });
    const reload = vi.fn();
    await new AppVersion(reload).load();
    expect(postMessage).toHaveBeenCalledWith({ type: "SKIP_WAITING" });
    expect(reload).not.toHaveBeenCalled();
    container.dispatchEvent(new Event("controllerchange"));
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it("is loaded in a window where another one was first", async () => {
    keep(null);
    const reload = vi.fn();
    await new AppVersion(reload).load();
    expect(reload).toHaveBeenCalledTimes(1);
  });
});
