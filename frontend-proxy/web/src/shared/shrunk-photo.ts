/** A photo as the server gets it. */
export type Photo = { bytes: ArrayBuffer; contentType: string };

export type PhotoProblem = "photo_unreadable" | "photo_heic" | "photo_too_big";

/** Why a chosen file cannot become a photo. */
export class PhotoError extends Error {
  constructor(readonly reason: PhotoProblem) {
    super(reason);
    this.name = "PhotoError";
  }
}
