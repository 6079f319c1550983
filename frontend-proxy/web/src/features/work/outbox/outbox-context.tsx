import { createContext, use, useSyncExternalStore } from "react";
import type { WorkQueue } from "./lazy-outbox";
import type { OutboxSnapshot } from "./outbox";

export const OutboxContext = createContext<WorkQueue | undefined>(undefined);

/** The worker's queue. */
export function useOutbox(): WorkQueue {
  const outbox = use(OutboxContext);
  if (outbox === undefined) {
    throw new Error("useOutbox needs an OutboxContext");
  }
  return outbox;
}

/** What is in the queue now. */
export function useOutboxSnapshot(): OutboxSnapshot {
  const outbox = useOutbox();
  return useSyncExternalStore(outbox.subscribe, outbox.getSnapshot);
}
