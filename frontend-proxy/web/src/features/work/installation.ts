/** What Chromium gives a page that can be installed; no type library knows it. */
type InstallPromptEvent = Event & { prompt(): Promise<{ outcome: "accepted" | "dismissed" }> };

const storageKey = "trottoir.install-later";

/** How this device puts the app on its home screen: by the browser's own question, by hand, or not (again). */
export type InstallWay = "prompt" | "by_hand" | undefined;

/** Knows whether the app may be offered for the home screen: the browser tells it once, early, perhaps before any page is there. */
export class Installation {
  private offered: InstallPromptEvent | undefined;
  private readonly listeners = new Set<() => void>();

  constructor() {
    window.addEventListener("beforeinstallprompt", (event) => {
      // Not the browser's own banner in the middle of a run.
      event.preventDefault();
      this.offered = event as InstallPromptEvent;
      this.tell();
    });
    window.addEventListener("appinstalled", () => {
      this.offered = undefined;
      this.tell();
    });
  }

  /** Lets the browser ask. It asks once for each time that it offered. */
  async install(): Promise<void> {
    const { offered } = this;
    this.offered = undefined;
    await offered?.prompt();
    this.tell();
  }

  /** Does not offer it on this device any more. */
  leave(): void {
    localStorage.setItem(storageKey, "1");
    this.tell();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): InstallWay => {
    if (localStorage.getItem(storageKey) !== null) {
      return undefined;
    }
    if (this.offered !== undefined) {
      return "prompt";
    }
    // Only iOS knows this property; it never asks by itself.
    return "standalone" in navigator && navigator.standalone === false ? "by_hand" : undefined;
  };

  private tell(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

export const installation = new Installation();
