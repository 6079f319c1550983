const problems = ["photo_unreadable", "photo_heic", "photo_too_big"] as const;
export type PhotoProblem = (typeof problems)[number];

export function isPhotoProblem(text: string): text is PhotoProblem {
  return (problems as readonly string[]).includes(text);
}

/** Why a chosen file cannot become a photo. */
export class PhotoError extends Error {
  constructor(readonly reason: PhotoProblem) {
    super(reason);
    this.name = "PhotoError";
  }
}

export type Photo = { bytes: ArrayBuffer; contentType: string };

export const longestSide = 1600;
const quality = 0.82;
const largestUpload = 20 * 1024 * 1024;

/** The size in which a picture fits into the longest side, never larger than it is. */
export function fittedSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, longestSide / Math.max(width, height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/**
 * Shrinks a camera file to a JPEG of at most 1600 px, upright and without metadata. A photo that this browser cannot
 * decode is sent as it is when the server takes its kind; what is no photo, by its content, is refused.
 */
export async function shrinkPhoto(file: Blob): Promise<Photo> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return photoAsItIs(file);
  }
  try {
    const { width, height } = fittedSize(bitmap.width, bitmap.height);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    if (context === null) {
      return await photoAsItIs(file);
    }
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, "image/jpeg", quality);
    });
    return blob === null
      ? await photoAsItIs(file)
      : { bytes: await blob.arrayBuffer(), contentType: "image/jpeg" };
  } finally {
    bitmap.close();
  }
}

/** The photo without decoding it, when the server takes its kind. */
export async function photoAsItIs(file: Blob): Promise<Photo> {
  const contentType = kindOf(new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  if (contentType === undefined) {
    throw new PhotoError("photo_unreadable");
  }
  if (contentType === "image/heic") {
    throw new PhotoError("photo_heic");
  }
  if (file.size > largestUpload) {
    throw new PhotoError("photo_too_big");
  }
  return { bytes: await file.arrayBuffer(), contentType };
}

/** What a file is by its first bytes; its name and type are only what somebody called it. */
function kindOf(head: Uint8Array): string | undefined {
  const letters = String.fromCharCode(...head);
  if (letters.startsWith("\xff\xd8\xff")) {
    return "image/jpeg";
  }
  if (letters.startsWith("\x89PNG\r\n\x1a\n")) {
    return "image/png";
  }
  if (letters.startsWith("RIFF") && letters.startsWith("WEBP", 8)) {
    return "image/webp";
  }
  if (/^....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)/s.test(letters)) {
    return "image/heic";
  }
  return undefined;
}
