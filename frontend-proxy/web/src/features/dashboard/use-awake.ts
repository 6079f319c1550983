import { useEffect } from "react";

/** Keeps the screen on while the page is seen, where the browser can. */
export function useAwake(): void {
  useEffect(() => {
    if (!("wakeLock" in navigator)) {
      return;
    }
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const ask = () => {
      if (document.visibilityState !== "visible" || (lock !== undefined && !lock.released)) {
        return;
      }
      // A battery that runs low, or a setting, may refuse: the screen is the owner's.
      navigator.wakeLock.request("screen").then(
        (given) => {
          lock = given;
          if (over) {
            void given.release();
          }
        },
        () => undefined,
      );
    };
    ask();
    document.addEventListener("visibilitychange", ask);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", ask);
      void lock?.release();
    };
  }, []);
}
