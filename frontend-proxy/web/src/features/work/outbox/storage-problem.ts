/** Why the device does not keep what a worker does: no room left, or this window lost its database. */
export type StorageProblem = "full" | "closed";

/** Reads the cause from what IndexedDB threw, which Dexie wraps more than once. */
export function storageProblemOf(error: unknown): StorageProblem {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; depth += 1) {
    if (/quota/i.test(`${cause.name} ${cause.message}`)) {
      return "full";
    }
    cause = (cause as { inner?: unknown }).inner ?? cause.cause;
  }
  return "closed";
}
