import type { LocalPhoto } from "./local-run";

// The worker's own photos keep their local image for as long as the app is open, so that a tile does not blink when the
// server's copy takes over.
const previews = new Map<string, string>();

/** The address of a photo's image on this device, if it was taken here. */
export function previewURL(photo: LocalPhoto): string | undefined {
  const known = previews.get(photo.id);
  if (known !== undefined || photo.entry === undefined) {
    return known;
  }
  const { bytes, contentType } = photo.entry;
  const url = URL.createObjectURL(new Blob([bytes], { type: contentType }));
  previews.set(photo.id, url);
  return url;
}
