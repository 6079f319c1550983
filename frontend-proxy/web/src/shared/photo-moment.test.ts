import { describe, expect, it } from "vitest";
import { momentOfPhoto, momentOfTags } from "./photo-moment";

/** A JPEG that says when it was taken, as cameras write it. */
function jpegOf(taken: string, offset?: string): Uint8Array {
  const entry = (tag: number, text: string, at: number) => {
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, tag);
    view.setUint16(2, 2);
    view.setUint32(4, text.length + 1);
    view.setUint32(8, at);
    return bytes;
  };
  const count = offset === undefined ? 1 : 2;
  const texts = 26 + 2 + 12 * count + 4;
  const tiff = new Uint8Array(texts + 40);
  const view = new DataView(tiff.buffer);
  tiff.set([0x4d, 0x4d, 0, 42, 0, 0, 0, 8]);
  view.setUint16(8, 1);
  view.setUint16(10, 0x8769);
  view.setUint16(12, 4);
  view.setUint32(14, 1);
  view.setUint32(18, 26);
  view.setUint16(26, count);
  tiff.set(entry(0x9003, taken, texts), 28);
  tiff.set(new TextEncoder().encode(taken), texts);
  if (offset !== undefined) {
    tiff.set(entry(0x9011, offset, texts + 20), 40);
    tiff.set(new TextEncoder().encode(offset), texts + 20);
  }
  const length = tiff.length + 8;
  const head = [0xff, 0xd8, 0xff, 0xe1, length >> 8, length & 255, 0x45, 0x78, 0x69, 0x66, 0, 0];
  return new Uint8Array([...head, ...tiff, 0xff, 0xd9]);
}

const fileOf = (bytes: Uint8Array | string, lastModified: number) =>
  new File([bytes as BlobPart], "photo.jpg", { type: "image/jpeg", lastModified });

describe("momentOfPhoto", () => {
  const modified = Date.parse("2026-11-24T17:00:00Z");

  it("takes the photo's own word", async () => {
    const file = fileOf(jpegOf("2026:05:03 18:05:03", "+02:00"), modified);
    expect(await momentOfPhoto(file)).toEqual({
      takenAt: "2026-05-03T16:05:03.000Z",
      takenFrom: "exif",
    });
  });

  it("reads a moment without a zone as the phone's", async () => {
    const { takenAt, takenFrom } = await momentOfPhoto(
      fileOf(jpegOf("2026:05:03 18:05:03"), modified),
    );
    expect(takenFrom).toBe("exif");
    expect(takenAt).toBe(new Date("2026-05-03T18:05:03").toISOString());
  });

  it("takes the file's where the photo says nothing, and never one that lies ahead", async () => {
    expect(await momentOfPhoto(fileOf("no photo", modified), modified + 1)).toEqual({
      takenAt: "2026-11-24T17:00:00.000Z",
      takenFrom: "phone",
    });
    const now = modified - 60_000;
    expect((await momentOfPhoto(fileOf("no photo", modified), now)).takenAt).toBe(
      new Date(now).toISOString(),
    );
  });
});

describe("momentOfTags", () => {
  it("knows what is no moment", () => {
    for (const text of [undefined, 7, "", "0000:00:00 00:00:00", "    :  :     :  :  ", "2026"]) {
      expect(momentOfTags(text, undefined)).toBeUndefined();
    }
  });
});
