import Dexie, { type EntityTable } from "dexie";
import type { Entry } from "./entries";

/** The worker's queue in IndexedDB; it survives reloads, crashes and an empty battery. */
export class OutboxDatabase extends Dexie {
  entries!: EntityTable<Entry, "seq">;

  constructor(name = "trottoir-outbox") {
    super(name);
    this.version(1).stores({ entries: "++seq, &id, &key, accountId" });
  }
}
