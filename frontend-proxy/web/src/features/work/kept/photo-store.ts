/** A photo that this phone has sent, small. */
export type KeptPhoto = {
  id: string;
  /** Whose device this is: a photo is kept for them only. */
  accountId: number;
  runId: number;
  /** The day of its run, YYYY-MM-DD: after it the photo goes. */
  until: string;
  /** SHA-256 of what was sent; undefined where the browser computes none. */
  sha256?: string | undefined;
  /** Bytes of the small one. */
  size: number;
  bytes: ArrayBuffer;
};

/** The photos of the day that the device keeps after they were sent, to be seen without network. */
export type PhotoStore = {
  /** Answers false when the account is not there any more, or there is no room. */
  keepPhoto: (photo: KeptPhoto) => Promise<boolean>;
  keptPhoto: (id: string) => Promise<ArrayBuffer | undefined>;
  /** Whether a photo with this content was sent for the run. */
  wasSent: (runId: number, sha256: string) => Promise<boolean>;
};
