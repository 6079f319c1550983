/** A photo as the server gets it. */
export type Photo = { bytes: ArrayBuffer; contentType: string };

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
