import { fittedSize, longestSide, quality, thumbnailSide } from "./photo-size";
import type { Shrunk, ToShrink } from "./photo-worker";
import { type Photo, PhotoError, type PhotoProblem } from "./shrunk-photo";

const problems: readonly string[] = [
  "photo_unreadable",
  "photo_heic",
  "photo_too_big",
] satisfies PhotoProblem[];

export function isPhotoProblem(text: string): text is PhotoProblem {
  return problems.includes(text);
}

const largestUpload = 20 * 1024 * 1024;

/**
 * Shrinks a camera file to a JPEG of at most 1600 px, upright and without metadata, in a thread of its own where the browser
 * has such. A photo that this browser cannot decode is sent as it is when the server takes its kind; what is no photo, by
 * its content, is refused.
 */
export async function shrinkPhoto(file: Blob): Promise<Photo> {
  const bytes = await smaller(file, longestSide);
  return bytes === undefined ? photoAsItIs(file) : { bytes, contentType: "image/jpeg" };
}

/** A small JPEG of a photo, for lists; undefined for what this browser cannot draw. */
export function thumbnailOf(photo: Blob): Promise<ArrayBuffer | undefined> {
  return smaller(photo, thumbnailSide);
}

async function smaller(file: Blob, side: number): Promise<ArrayBuffer | undefined> {
  return (await shrinkAside({ file, side })) ?? (await shrinkHere({ file, side }));
}

const patience = 60_000;

// A thread for each photo: when it ends, the memory of the decoded picture is free, which small phones need.
async function shrinkAside(photo: ToShrink): Promise<ArrayBuffer | undefined> {
  if (typeof Worker === "undefined" || typeof OffscreenCanvas === "undefined") {
    return undefined;
  }
  const worker = new Worker(new URL("./photo-worker.ts", import.meta.url), { type: "module" });
  let limit: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve) => {
      limit = setTimeout(() => resolve(undefined), patience);
      worker.addEventListener("message", ({ data }: MessageEvent<Shrunk>) => resolve(data.bytes));
      worker.addEventListener("error", () => resolve(undefined));
      worker.postMessage(photo);
    });
  } finally {
    clearTimeout(limit);
    worker.terminate();
  }
}

async function shrinkHere({ file, side }: ToShrink): Promise<ArrayBuffer | undefined> {
  const image = await decoded(file);
  if (image === undefined) {
    return undefined;
  }
  try {
    const { width, height } = fittedSize(image.width, image.height, side);
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    if (context === null) {
      return undefined;
    }
    context.imageSmoothingQuality = "high";
    context.drawImage(image.source, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, "image/jpeg", quality);
    });
    return await blob?.arrayBuffer();
  } finally {
    image.free();
  }
}

type Decoded = { source: CanvasImageSource; width: number; height: number; free: () => void };

/** Some browsers decode an image of a page that they do not decode as a bitmap: Safari a HEIC. */
async function decoded(file: Blob): Promise<Decoded | undefined> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const { width, height } = bitmap;
    return { source: bitmap, width, height, free: () => bitmap.close() };
  } catch {
    const head = new Uint8Array(await file.slice(0, 16).arrayBuffer());
    return kindOf(head) === "image/heic" ? decodedAsImage(file) : undefined;
  }
}

async function decodedAsImage(file: Blob): Promise<Decoded | undefined> {
  const image = new Image();
  let url = "";
  const free = () => URL.revokeObjectURL(url);
  try {
    url = URL.createObjectURL(file);
    image.src = url;
    await image.decode();
    return { source: image, width: image.naturalWidth, height: image.naturalHeight, free };
  } catch {
    if (url !== "") {
      free();
    }
    return undefined;
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
