import { useEffect, useSyncExternalStore } from "react";
import { appVersion } from "@/shared/app-version";

/** Loads a newer version of the app as soon as there is one: nobody is there to do it. */
export function useNewVersion(): void {
  const newer = useSyncExternalStore(appVersion.subscribe, appVersion.getSnapshot);
  useEffect(() => {
    if (newer) {
      void appVersion.load().catch(reportError);
    }
  }, [newer]);
}
