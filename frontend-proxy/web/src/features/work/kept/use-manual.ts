import { useNetwork } from "@mantine/hooks";
import { use, useEffect, useState } from "react";
import { apiURL } from "@/shared/api/client";
import type { Stop } from "@/shared/api/types";
import { openingPage } from "@/shared/files";
import { DeviceStoreContext } from "./device-store";

/** The service worker answers for a kept manual under its own address; a server with another name is out of its reach. */
function isAnsweredHere(url: string): boolean {
  const { origin } = new URL(url, window.location.href);
  return (
    origin === window.location.origin && (navigator.serviceWorker?.controller ?? null) !== null
  );
}

/** Where a manual can be opened now: on the device when it is there, else by way of the app; undefined when neither works. */
export function useManual(manual: Stop["manual"]): string | undefined {
  const store = use(DeviceStoreContext);
  const { online } = useNetwork();
  const [kept, setKept] = useState<{ id: number; url: string }>();
  const id = manual?.id;
  const address = manual === null ? "" : apiURL(manual.url);
  useEffect(() => {
    if (id === undefined) {
      return;
    }
    let made: string | undefined;
    let gone = false;
    const show = (bytes: ArrayBuffer | undefined) => {
      if (bytes === undefined || gone || id === undefined) {
        return;
      }
      if (isAnsweredHere(address)) {
        setKept({ id, url: address });
      } else {
        made = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
        setKept({ id, url: made });
      }
    };
    // A device that does not say leaves the server.
    store?.manualBytes(id).then(show, () => undefined);
    return () => {
      gone = true;
      if (made !== undefined) {
        URL.revokeObjectURL(made);
      }
    };
  }, [store, id, address]);
  if (id === undefined) {
    return undefined;
  }
  return kept?.id === id
    ? kept.url
    : online && manual !== null
      ? openingPage(manual.url)
      : undefined;
}
