import type { Outcome, Picture, RunDetail, StepName, Visit } from "@/shared/api/types";

type Common = {
  /** Place in the queue; given by the database. */
  seq?: number;
  /** Client-made UUID: the server answers a repeated one with its first result. */
  id: string;
  /** Says the same for the same intention, so that a double tap queues one entry. */
  key: string;
  accountId: number;
  runId: number;
  createdAt: string;
  state: "waiting" | "refused";
  attempts: number;
  /** Epoch milliseconds before which it is not sent again. */
  notBefore: number;
  refusal?: { code: string; reason?: string };
};

export type StartEntry = Common & { kind: "start" };
export type PictureEntry = Common & {
  kind: "picture";
  buildingId: number;
  step: StepName;
  takenAt: string;
  bytes: ArrayBuffer;
  contentType: string;
};
export type StepEntry = Common & {
  kind: "step";
  buildingId: number;
  step: StepName;
  occurredAt: string;
};
export type OutcomeEntry = Common & {
  kind: "outcome";
  buildingId: number;
  outcome: Outcome;
  reason: string;
  occurredAt: string;
};
export type CompleteEntry = Common & { kind: "complete"; reason: string };

/** One thing a worker did that the server has not confirmed yet. */
export type Entry = StartEntry | PictureEntry | StepEntry | OutcomeEntry | CompleteEntry;

/** What the server answers to an entry. */
export type Answer =
  | { kind: "run"; run: RunDetail }
  | { kind: "visit"; visit: Visit }
  | { kind: "picture"; picture: Picture };

type Draft<E extends Entry> = Omit<
  E,
  "seq" | "id" | "key" | "accountId" | "createdAt" | "state" | "attempts" | "notBefore" | "refusal"
>;

/** What a page hands over; the outbox adds identity and bookkeeping. */
export type EntryDraft =
  | Draft<StartEntry>
  | Draft<PictureEntry>
  | Draft<StepEntry>
  | Draft<OutcomeEntry>
  | Draft<CompleteEntry>;

/** The stop an entry belongs to; undefined for the run as a whole. */
export function buildingOf(entry: Entry): number | undefined {
  return "buildingId" in entry ? entry.buildingId : undefined;
}

/** The identity of an intention. Pictures are all different. */
export function keyOf(draft: EntryDraft, id: string): string {
  switch (draft.kind) {
    case "picture":
      return `picture:${id}`;
    case "step":
      return `step:${draft.runId}:${draft.buildingId}:${draft.step}`;
    case "outcome":
      return `outcome:${draft.runId}:${draft.buildingId}`;
    default:
      return `${draft.kind}:${draft.runId}`;
  }
}

/**
 * The next entry to send: the oldest that nothing holds back. A waiting entry holds back the later ones of its run,
 * so that photos arrive before their step. A refused one holds back its own stop, a refused start the whole run, and
 * anything refused keeps the run from being completed; other stops go on.
 */
export function nextToSend(entries: readonly Entry[], now: number): Entry | undefined {
  const waitingRuns = new Set<number>();
  for (const entry of entries) {
    if (entry.state !== "waiting" || waitingRuns.has(entry.runId)) {
      continue;
    }
    if (isHeldBack(entry, entries)) {
      continue;
    }
    if (entry.notBefore <= now) {
      return entry;
    }
    waitingRuns.add(entry.runId);
  }
  return undefined;
}

/** True when an earlier refused entry must be settled first. */
export function isHeldBack(entry: Entry, entries: readonly Entry[]): boolean {
  return entries.some(
    (other) =>
      other.state === "refused" &&
      other.runId === entry.runId &&
      (other.seq ?? 0) < (entry.seq ?? 0) &&
      (other.kind === "start" ||
        entry.kind === "complete" ||
        // A refused photo does not hold back a newer one that replaces it.
        (entry.kind !== "picture" && buildingOf(other) === buildingOf(entry))),
  );
}
