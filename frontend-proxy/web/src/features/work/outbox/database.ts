import Dexie, { type EntityTable } from "dexie";
import type { Entry } from "./entries";
import { outboxName } from "./outbox-name";

/** The bytes of a photo, apart from its entry: looking at the queue reads none of them. */
export type StoredPhoto = { id: string; bytes: ArrayBuffer };

/**
 * The worker's queue in IndexedDB. It survives reloads, crashes and an empty battery: a write is done when it is on the
 * disk, not when the operating system promises to put it there.
 */
export class OutboxDatabase extends Dexie {
  entries!: EntityTable<Entry, "seq">;
  photos!: EntityTable<StoredPhoto, "id">;

  constructor(name = outboxName) {
    super(name, { chromeTransactionDurability: "strict" });
    this.version(1).stores({ entries: "++seq, &id, &key, accountId" });
    // Photos get a table of their own, keys are unique within an account, and a start says when it happened.
    this.version(2)
      .stores({ entries: "++seq, &id, &[accountId+key], accountId", photos: "id" })
      .upgrade(async (transaction) => {
        const entries = transaction.table("entries");
        const photos = transaction.table("photos");
        // One at a time: all photos at once may be more than a phone has memory for.
        for (const seq of await entries.toCollection().primaryKeys()) {
          const { bytes, ...entry } = await entries.get(seq);
          if (bytes !== undefined) {
            await photos.put({ id: entry.id, bytes });
            entry.size = bytes.byteLength;
          }
          if (entry.kind === "start" || entry.kind === "complete") {
            entry.occurredAt = entry.createdAt;
          }
          await entries.put(entry);
        }
      });
  }
}
