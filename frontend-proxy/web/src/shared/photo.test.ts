import { expect, it } from "vitest";
import { shrinkPhoto } from "./photo";

const file = (content: string, name: string) =>
  new File([Uint8Array.from(content, (letter) => letter.charCodeAt(0))], name, {
    type: "image/jpeg",
  });

// Nothing here can be decoded: what a file is shows in its first bytes, not in its name.
it("refuses what is no photo, whatever it is called", async () => {
  await expect(shrinkPhoto(file("Dear diary, today ...", "bins.jpg"))).rejects.toMatchObject({
    reason: "photo_unreadable",
  });
  await expect(shrinkPhoto(file("", "bins.jpg"))).rejects.toMatchObject({
    reason: "photo_unreadable",
  });
});

it("says what helps against photos of a kind that the browser does not know", async () => {
  const heic = file("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "IMG_1.jpg");
  await expect(shrinkPhoto(heic)).rejects.toMatchObject({ reason: "photo_heic" });
});

it("sends a photo as it is when the browser cannot shrink it", async () => {
  for (const [head, contentType] of [
    ["\xff\xd8\xff\xe0", "image/jpeg"],
    ["\x89PNG\r\n\x1a\n", "image/png"],
    ["RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"],
  ] as const) {
    expect(await shrinkPhoto(file(head, "photo"))).toMatchObject({ contentType });
  }
});
