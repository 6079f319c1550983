/** All that is kept takes no more of the device: photos that wait to be sent matter more. */
export const mostBytes = 80 * 1024 * 1024;

/** A manual on this device. */
export type KeptManual = {
  id: number;
  buildingId: number;
  /** Whose device this is: a manual is kept for them only. */
  accountId: number;
  /** Bytes of its file. */
  size: number;
  /** The last day on which its reader may see it (rule 13), YYYY-MM-DD. */
  until: string;
};

/** The files of manuals that the device keeps, so that they can be read without network. */
export type ManualStore = {
  manuals: () => Promise<KeptManual[]>;
  /** Keeps a manual in the place of others of its building. Answers false when the account is not there any more. */
  keepManual: (manual: KeptManual, bytes: ArrayBuffer) => Promise<boolean>;
  /** A run that is still to come needs it: it stays longer. */
  keepManualUntil: (id: number, until: string) => Promise<void>;
  dropManuals: (ids: readonly number[]) => Promise<void>;
  manualBytes: (id: number) => Promise<ArrayBuffer | undefined>;
  /** Bytes of the photos beside them. */
  photoBytes: () => Promise<number>;
};
