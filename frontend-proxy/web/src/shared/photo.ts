/** Why a chosen file cannot become a photo. */
export class PhotoError extends Error {
  constructor(readonly reason: "unreadable" | "too_big") {
    super(`photo: ${reason}`);
    this.name = "PhotoError";
  }
}

export type Photo = { bytes: ArrayBuffer; contentType: string };

export const longestSide = 1600;
const quality = 0.82;
const largestUpload = 20 * 1024 * 1024;
const acceptedTypes = ["image/jpeg", "image/png", "image/webp"];

/** The size in which a picture fits into the longest side, never larger than it is. */
export function fittedSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, longestSide / Math.max(width, height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/**
 * Shrinks a camera file to a JPEG of at most 1600 px, upright and without metadata. A file that this browser cannot
 * decode is sent as it is when the server takes its type.
 */
export async function shrinkPhoto(file: Blob): Promise<Photo> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return asItIs(file);
  }
  try {
    const { width, height } = fittedSize(bitmap.width, bitmap.height);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    if (context === null) {
      return asItIs(file);
    }
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, "image/jpeg", quality);
    });
    return blob === null
      ? asItIs(file)
      : { bytes: await blob.arrayBuffer(), contentType: "image/jpeg" };
  } finally {
    bitmap.close();
  }
}

async function asItIs(file: Blob): Promise<Photo> {
  if (!acceptedTypes.includes(file.type)) {
    throw new PhotoError("unreadable");
  }
  if (file.size > largestUpload) {
    throw new PhotoError("too_big");
  }
  return { bytes: await file.arrayBuffer(), contentType: file.type };
}
