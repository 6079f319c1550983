const hour = 3_600_000;
/** Milliseconds that a version which waits may take to come into force while the app opens. */
const patience = 3_000;

/**
 * The version of the app that this device keeps, which opens without network. A newer one is fetched beside it and waits:
 * it is loaded when the person says so, or when the app is opened again. A browser that keeps nothing for this address is
 * told of a newer one all the same.
 */
export class AppVersion {
  private newer = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly reload: () => void = () => window.location.reload()) {}

  /** Keeps the app on this device, and looks for a newer version: now, each hour, and when the app comes to the front. */
  async watch(): Promise<void> {
    if (!("serviceWorker" in navigator)) {
      await this.watchPage(); // a browser without, or an address without TLS
      return;
    }
    const { Workbox } = await import("workbox-window");
    const workbox = new Workbox("/service-worker.js");
    workbox.addEventListener("waiting", this.tell);
    let registration: ServiceWorkerRegistration | undefined;
    try {
      registration = await workbox.register();
    } finally {
      // A browser that keeps nothing says so by an error, or by nothing.
      if (registration === undefined) {
        await this.watchPage();
      }
    }
    if (registration === undefined) {
      return;
    }
    // Without network there is nothing newer; the next look comes.
    const look = () => void workbox.update().catch(() => undefined);
    setInterval(look, hour);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") {
        look();
      }
    });
  }

  /** Loads the newer version in this window. Other windows go on with theirs. */
  async load(): Promise<void> {
    const registration = await navigator.serviceWorker?.getRegistration();
    if (!registration?.waiting) {
      // Another window has brought it into force, or this browser keeps nothing.
      this.reload();
      return;
    }
    navigator.serviceWorker.addEventListener("controllerchange", this.reload, { once: true });
    registration.waiting.postMessage({ type: "SKIP_WAITING" });
  }

  private async watchPage(): Promise<void> {
    const { whenPageChanges } = await import("./page-version");
    whenPageChanges(this.tell);
  }

  private readonly tell = (): void => {
    this.newer = true;
    for (const listener of this.listeners) {
      listener();
    }
  };

  /** Brings a version into force that waited while the app was closed. Answers whether it did: then this page is of the old one. */
  async takeWaiting(): Promise<boolean> {
    // A browser that keeps nothing for this address says so by an error.
    const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
    const waiting = registration?.waiting;
    if (!waiting) {
      return false;
    }
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), patience);
      navigator.serviceWorker.addEventListener(
        "controllerchange",
        () => {
          clearTimeout(limit);
          resolve(true);
        },
        { once: true },
      );
      waiting.postMessage({ type: "SKIP_WAITING" });
    });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Tells whether a newer version waits. */
  getSnapshot = (): boolean => this.newer;
}

export const appVersion = new AppVersion();
