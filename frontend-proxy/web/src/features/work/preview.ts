import { useEffect, useState } from "react";
import type { LocalPhoto } from "./local-run";
import { useOutbox } from "./outbox/outbox-context";

/**
 * The image on this device of a photo that waits here. It stays when the photo is sent, so that the tile does not blink
 * when the server's copy takes over, and is let go with the tile.
 */
export function usePreview(photo: LocalPhoto): string | undefined {
  const outbox = useOutbox();
  const [url, setURL] = useState<string>();
  // The tile is the same when its photo changes from waiting to sent.
  const [entry] = useState(photo.entry);

  useEffect(() => {
    if (entry === undefined) {
      return;
    }
    let made: string | undefined;
    let gone = false;
    const show = (bytes: ArrayBuffer | undefined) => {
      if (bytes !== undefined && !gone) {
        made = URL.createObjectURL(new Blob([bytes], { type: entry.contentType }));
        setURL(made);
      }
    };
    // Without a preview the tile shows the photo's state all the same.
    outbox.photo(entry.id).then(show, () => undefined);
    return () => {
      gone = true;
      if (made !== undefined) {
        URL.revokeObjectURL(made);
      }
    };
  }, [outbox, entry]);

  return url;
}
