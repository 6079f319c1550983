import { afterEach, describe, expect, it, vi } from "vitest";
import { AppVersion } from "./app-version";

/** A browser that keeps the app, with a version that waits or none. */
function keep(waiting: { postMessage: (message: unknown) => void } | null) {
  const container = Object.assign(new EventTarget(), {
    getRegistration: () => Promise.resolve({ waiting }),
  });
  vi.stubGlobal("navigator", { ...navigator, serviceWorker: container });
  return container;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the newer version of the app", () => {
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
