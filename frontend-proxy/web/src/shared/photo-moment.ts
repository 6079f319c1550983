/** When a photo was taken, and what says so: the photo itself, or the file, which the phone's clock dates. */
export type PhotoMoment = { takenAt: string; takenFrom: "exif" | "phone" };

/** How long the photo is asked: it must be kept before the phone is put away. */
const patience = 1000;

const dateTimeOriginal = 0x9003;
const offsetTimeOriginal = 0x9011;

/** Loads what reads photos, so that it is there when the first one is taken. */
export async function prepareMoments(): Promise<void> {
  await import("exifr/dist/mini.esm.mjs").catch(() => undefined);
}

/** Reads when a photo was taken, before it is shrunk and forgets it. Where it was taken is not read. */
export async function momentOfPhoto(file: File, now = Date.now()): Promise<PhotoMoment> {
  const byPhone: PhotoMoment = {
    takenAt: new Date(Math.min(file.lastModified || now, now)).toISOString(),
    takenFrom: "phone",
  };
  const waited = new Promise<undefined>((resolve) => setTimeout(resolve, patience, undefined));
  // A photo without metadata, or whose metadata nobody can read, is a photo all the same.
  const own = await Promise.race([momentInside(file).catch(() => undefined), waited]);
  return own === undefined ? byPhone : { takenAt: own.toISOString(), takenFrom: "exif" };
}

async function momentInside(file: File): Promise<Date | undefined> {
  const { parse } = await import("exifr/dist/mini.esm.mjs");
  const head = await file.slice(0, 256 * 1024).arrayBuffer();
  const tags = await parse(new Uint8Array(head), {
    // The smallest build knows no names of tags, by which a filter of all blocks would go.
    ifd0: false,
    gps: false,
    exif: { pick: [dateTimeOriginal, offsetTimeOriginal] },
    translateKeys: false,
    reviveValues: false,
  });
  return momentOfTags(tags?.[dateTimeOriginal], tags?.[offsetTimeOriginal]);
}

/** The moment of "2026:11:24 18:05:03" with an offset like "+01:00"; without one it is in the phone's own zone. */
export function momentOfTags(text: unknown, offset: unknown): Date | undefined {
  const found =
    typeof text === "string" && /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(text.trim());
  if (!found) {
    return undefined;
  }
  const zone = typeof offset === "string" && /^[+-]\d\d:\d\d/.exec(offset.trim());
  const moment = new Date(`${found[1]}-${found[2]}-${found[3]}T${found[4]}${zone ? zone[0] : ""}`);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
