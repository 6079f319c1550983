import { fittedSize, quality } from "./photo-size";

/** What the thread is asked: a photo, and how long its longest side may be. */
export type ToShrink = { file: Blob; side: number };

/** What the thread answers: the JPEG, or nothing for what it could not draw. */
export type Shrunk = { bytes: ArrayBuffer | undefined };

/** Shrinks one photo beside the page, which stays quick meanwhile. */
async function shrink({ file, side }: ToShrink): Promise<ArrayBuffer | undefined> {
  let bitmap: ImageBitmap | undefined;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const { width, height } = fittedSize(bitmap.width, bitmap.height, side);
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d");
    if (context === null) {
      return undefined;
    }
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    return await blob.arrayBuffer();
  } catch {
    // The page tries what it can.
    return undefined;
  } finally {
    bitmap?.close();
  }
}

self.addEventListener("message", ({ data }: MessageEvent<ToShrink>) => {
  void shrink(data).then((bytes) => {
    const answer: Shrunk = { bytes };
    self.postMessage(answer, { transfer: bytes === undefined ? [] : [bytes] });
  });
});
