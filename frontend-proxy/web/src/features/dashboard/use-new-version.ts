import { useEffect, useSyncExternalStore } from "react";
import { appVersion } from "@/shared/app-version";

const every = 5 * 60_000;

/** The scripts that a page starts with: other ones mean another version. */
function scriptsIn(page: ParentNode): string {
  return [...page.querySelectorAll("script[src]")]
    .map((script) => script.getAttribute("src"))
    .join(" ");
}

async function isOtherVersion(): Promise<boolean> {
  const answer = await fetch("/", { cache: "no-store", headers: { Accept: "text/html" } });
  if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/html")) {
    return false;
  }
  const theirs = scriptsIn(new DOMParser().parseFromString(await answer.text(), "text/html"));
  return theirs !== "" && theirs !== scriptsIn(document);
}

/** Loads the page anew when another version of the app was installed: nobody is there to do it. */
export function useNewVersion(reload: () => void = () => window.location.reload()): void {
  const newer = useSyncExternalStore(appVersion.subscribe, appVersion.getSnapshot);
  useEffect(() => {
    if (newer) {
      void appVersion.load().catch(reportError);
    }
  }, [newer]);
  // A browser that does not keep the app has nobody who looks.
  useEffect(() => {
    if (navigator.serviceWorker?.controller) {
      return;
    }
    let over = false;
    const timer = setInterval(() => {
      isOtherVersion().then(
        (other) => {
          if (other && !over) {
            reload();
          }
        },
        // While the server is away, the page says so by itself.
        () => undefined,
      );
    }, every);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [reload]);
}
