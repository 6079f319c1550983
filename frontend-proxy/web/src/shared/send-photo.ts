import { ApiError, apiFetch, apiURL, readAnswer } from "./api/client";
import type { PictureUpload } from "./api/types";

/** Larger photos go in parts, so that a connection that breaks off costs one part. */
const wholeUpTo = 2 * 1024 * 1024;

type Begun<Answer> = { part_bytes: number; parts: number; picture: Answer | null };

export type PhotoToSend<Answer> = {
  /** Client-made UUID of the picture: the server answers a repeated one with its first result. */
  id: string;
  bytes: ArrayBuffer;
  signal: AbortSignal | null;
  whole: () => Promise<Answer>;
  /** Announces the file, or asks how much of it has arrived. */
  begin: (file: { size: number; sha256: string }) => Promise<Begun<Answer>>;
  finish: () => Promise<Answer>;
  /** Hears how much the server has, from 0 to 1; undefined when it is over, one way or the other. */
  progress?: (part: number | undefined) => void;
};

/** Sends a photo, a large one in parts: sent again it goes on from where the connection broke off. */
export async function sendPhoto<Answer>(photo: PhotoToSend<Answer>): Promise<Answer> {
  // What computes checksums is missing where the address is not a secure one.
  if (photo.bytes.byteLength <= wholeUpTo || globalThis.crypto?.subtle === undefined) {
    return photo.whole();
  }
  try {
    return await sendInParts(photo);
  } finally {
    photo.progress?.(undefined);
  }
}

// Parts that the server has given up, or that are not the file, are sent anew: once now, and then when it is sent again.
async function sendInParts<Answer>(photo: PhotoToSend<Answer>): Promise<Answer> {
  const { bytes } = photo;
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  let lost: ApiError | undefined;
  for (let tries = 0; tries < 2; tries += 1) {
    let begun: Begun<Answer>;
    try {
      begun = await photo.begin({ size: bytes.byteLength, sha256 });
    } catch (error) {
      // A server from before knows no parts, and one that has too many uploads takes no new one; whole photos go all the same.
      const whole =
        error instanceof ApiError && (error.code === "not_found" || error.reason === "too_many");
      if (whole) {
        return photo.whole();
      }
      throw error;
    }
    if (begun.picture !== null) {
      return begun.picture;
    }
    try {
      await sendParts(photo, begun);
      return await photo.finish();
    } catch (error) {
      const again =
        error instanceof ApiError &&
        (error.code === "not_found" ||
          error.reason === "parts_missing" ||
          error.reason === "wrong_checksum");
      if (!again) {
        throw error;
      }
      lost = error;
    }
  }
  throw new ApiError({
    status: 409,
    code: "aborted",
    message: "The parts of the photo were lost on their way.",
    cause: lost,
  });
}

/** Sends the parts that the server does not have yet. */
async function sendParts<Answer>(
  { id, bytes, signal, progress }: PhotoToSend<Answer>,
  begun: Begun<Answer>,
): Promise<void> {
  const size = begun.part_bytes;
  for (let from = begun.parts * size; from < bytes.byteLength; from += size) {
    progress?.(from / bytes.byteLength);
    await readAnswer<PictureUpload>(
      await apiFetch(apiURL(`/picture-uploads/${id}/parts/${from / size}`), {
        method: "PUT",
        headers: { "Content-Type": "application/octet-stream" },
        body: bytes.slice(from, from + size),
        signal,
      }),
    );
  }
}
