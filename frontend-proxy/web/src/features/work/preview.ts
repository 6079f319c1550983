import { use, useEffect, useState } from "react";
import { DeviceStoreContext } from "./kept/device-store";
import type { LocalPhoto } from "./local-run";
import { useOutbox } from "./outbox/outbox-context";

/**
 * The image on this device of a photo that waits here. It stays when the photo is sent, so that the tile does not blink
 * when the server's copy takes over, and is let go with the tile. Where that copy cannot be had, it is the small one that this
 * phone has kept of what it sent.
 */
export function usePreview(photo: LocalPhoto, unreachable = false): string | undefined {
  const outbox = useOutbox();
  const store = use(DeviceStoreContext);
  const [url, setURL] = useState<string>();
  // The tile is the same when its photo changes from waiting to sent.
  const [entry] = useState(photo.entry);

  const { id } = photo;

  useEffect(() => {
    let made: string | undefined;
    let gone = false;
    const show = (bytes: ArrayBuffer | undefined) => {
      if (bytes !== undefined && !gone) {
        made = URL.createObjectURL(new Blob([bytes], { type: entry?.contentType ?? "image/jpeg" }));
        setURL(made);
      }
    };
    // Without a preview the tile shows the photo's state all the same.
    const bytes = unreachable ? store?.keptPhoto(id) : entry && outbox.photo(id);
    bytes?.then(show, () => undefined);
    return () => {
      gone = true;
      if (made !== undefined) {
        URL.revokeObjectURL(made);
      }
    };
  }, [outbox, store, entry, id, unreachable]);

  return url;
}
