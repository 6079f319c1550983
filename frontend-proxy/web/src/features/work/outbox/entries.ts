import type {
  Outcome,
  Picture,
  Remark,
  RunDetail,
  StepName,
  Stop,
  Visit,
} from "@/shared/api/types";
import type { IncidentKind } from "@/shared/incidents/words";

/**
 * How entries are written. It grows with each kind and each meaning that an app from before would get wrong: an app leaves what
 * a newer one wrote to that one.
 */
export const entryFormat = 1;

/** How an entry is written that was sent without a page: an app from before would send it again, and show nothing of its answer. */
export const sentFormat = 2;

type Common = {
  /** The format it was written in; what has none was written before there was one. */
  format?: number;
  /** Place in the queue; given by the database. */
  seq?: number;
  /** Client-made UUID: the server answers a repeated one with its first result. */
  id: string;
  /** Says the same for the same intention of an account, so that a double tap queues one entry. */
  key: string;
  accountId: number;
  runId: number;
  /** The tour's name, for the list of what waits. */
  tour?: string;
  createdAt: string;
  state: "waiting" | "refused";
  /** Tries without an answer that settles it. */
  attempts: number;
  /** How often in a row it, and not the network, failed: at the server, or at something that lets other things through. */
  serverFailures?: number;
  /** Something between here and the server does not let it through. */
  intercepted?: boolean;
  /** Epoch milliseconds before which it is not sent again, unless something wakes the queue. */
  notBefore: number;
  /** Epoch milliseconds until which it can be taken back: it is not sent before. */
  heldUntil?: number;
  /** Epoch milliseconds before which the server does not want to hear from us at all. */
  retryAt?: number;
  refusal?: { code: string; reason?: string; since?: string };
  /** Accepted by the server while no page could show it: the next page shows the answer, and lets the entry go. */
  sent?: { at: number; answer: Answer };
};

type AtStop = {
  buildingId: number;
  /** The stop's address as the worker saw it, for the list of what waits. */
  address?: string;
};

export type StartEntry = Common & {
  kind: "start";
  occurredAt: string;
  /** The stops in the order in which the phone shows them. */
  buildingIds?: readonly number[];
  /** The same as the phone showed them; the tour may change before the server knows of the start. */
  stops?: readonly Stop[];
};
export type PictureEntry = Common &
  AtStop & {
    kind: "picture";
    /** The step that it shows; undefined for a photo of a remark. */
    step?: StepName;
    /** The remark that it belongs to. */
    remarkId?: string;
    /** The incident that it belongs to. */
    incidentId?: string;
    takenAt: string;
    /** What says so: the photo itself, or the phone's clock. */
    takenFrom?: "exif" | "phone";
    contentType: string;
    /** Bytes of the photo, which is stored beside the entries. */
    size: number;
    /** SHA-256 of what is sent. */
    sha256?: string;
    /** A photo with the same content waits for the run already, or was sent for it. */
    usedBefore?: boolean;
    /** The photo is still as the camera made it. */
    unshrunk?: boolean;
    /** How often shrinking it began without coming to an end. */
    shrinkTries?: number;
  };
export type StepEntry = Common &
  AtStop & {
    kind: "step";
    step: StepName;
    occurredAt: string;
    /** The server has a photo of this step, which it wants before the step. */
    photoSent?: boolean;
  };
export type OutcomeEntry = Common &
  AtStop & {
    kind: "outcome";
    outcome: Outcome;
    reason: string;
    occurredAt: string;
  };
/** A remark; its id is that of the entry. */
export type RemarkEntry = Common & AtStop & { kind: "remark"; text: string; occurredAt: string };
export type RemarkChangeEntry = Common &
  AtStop & { kind: "remark_change"; remarkId: string; text: string };
export type RemarkDeletionEntry = Common & AtStop & { kind: "remark_deletion"; remarkId: string };
/** A photo that is taken off a remark. */
export type PictureRemovalEntry = Common &
  AtStop & { kind: "picture_removal"; remarkId: string; pictureId: string };
/** A problem that is told to the office; its id is that of the entry. */
export type IncidentEntry = Common &
  AtStop & { kind: "incident"; problem: IncidentKind; text: string; occurredAt: string };
export type CompleteEntry = Common & { kind: "complete"; reason: string; occurredAt: string };

/** One thing a worker did that the server has not confirmed yet. */
export type Entry =
  | StartEntry
  | PictureEntry
  | StepEntry
  | OutcomeEntry
  | RemarkEntry
  | RemarkChangeEntry
  | RemarkDeletionEntry
  | PictureRemovalEntry
  | IncidentEntry
  | CompleteEntry;

/** What the server answers to an entry. */
export type Answer =
  | { kind: "run"; run: RunDetail }
  | { kind: "visit"; visit: Visit }
  | { kind: "picture"; picture: Picture }
  | { kind: "remark"; remark: Remark }
  | { kind: "incident" };

type Draft<E extends Entry, Given extends string = never> = Omit<E, keyof Bookkeeping | Given>;
type Bookkeeping = Omit<Common, "runId" | "tour">;

export type PictureDraft = Draft<PictureEntry, "size" | "sha256" | "usedBefore" | "shrinkTries"> & {
  bytes: ArrayBuffer;
};

/** A photo whose file the outbox reads itself. */
export type CameraDraft = Omit<PictureDraft, "kind" | "bytes" | "contentType" | "unshrunk">;

/** What a page hands over; the outbox adds identity and bookkeeping. */
export type EntryDraft =
  | Draft<StartEntry>
  | PictureDraft
  | Draft<StepEntry>
  | Draft<OutcomeEntry>
  | Draft<RemarkEntry>
  | Draft<RemarkChangeEntry>
  | Draft<RemarkDeletionEntry>
  | Draft<PictureRemovalEntry>
  | Draft<IncidentEntry>
  | Draft<CompleteEntry>;

/** The identity of an intention. Pictures, remarks, what changes these and incidents are all different. */
export function keyOf(draft: EntryDraft, id: string): string {
  switch (draft.kind) {
    case "picture":
    case "remark":
    case "remark_change":
    case "incident":
      return `${draft.kind}:${id}`;
    case "remark_deletion":
      return `remark_deletion:${draft.remarkId}`;
    case "picture_removal":
      return `picture_removal:${draft.pictureId}`;
    case "step":
      return `step:${draft.runId}:${draft.buildingId}:${draft.step}`;
    case "outcome":
      return `outcome:${draft.runId}:${draft.buildingId}`;
    default:
      return `${draft.kind}:${draft.runId}`;
  }
}

const patience = 5;

/** This entry fails again and again: it is tried further, but what does not need it first goes on. */
export function isStuck(entry: Entry): boolean {
  return isUnsent(entry) && (entry.serverFailures ?? 0) >= patience;
}

function isAtStopOf(other: Entry, entry: Entry): boolean {
  return "buildingId" in other && "buildingId" in entry && other.buildingId === entry.buildingId;
}

function isEarlier(other: Entry, entry: Entry): boolean {
  return (other.seq ?? 0) < (entry.seq ?? 0);
}

/** True when the picture belongs to the step. */
export function isPhotoOf(other: Entry, step: StepEntry): other is PictureEntry {
  return (
    other.kind === "picture" &&
    other.accountId === step.accountId &&
    other.runId === step.runId &&
    other.buildingId === step.buildingId &&
    other.step === step.step
  );
}

/** The remark or the incident that an entry is about: itself, what changes it, its photos. */
export function asideOf(entry: Entry): string | undefined {
  switch (entry.kind) {
    case "remark":
    case "incident":
      return entry.id;
    case "picture":
      return entry.remarkId ?? entry.incidentId;
    case "remark_change":
    case "remark_deletion":
    case "picture_removal":
      return entry.remarkId;
    default:
      return undefined;
  }
}

// A photo holds nothing up but its own removal: the server must not get it after that.
function isOtherPhoto(other: Entry, entry: Entry): boolean {
  return (
    other.kind === "picture" && !(entry.kind === "picture_removal" && entry.pictureId === other.id)
  );
}

/** True for what a newer version of the app wrote on this device: this one would misread it. */
export function isFromNewerApp(entry: Entry): boolean {
  return (entry.format ?? 0) > sentFormat;
}

/** True for what the server must still get, as soon as it can be sent: neither refused nor sent. */
export function isUnsent(entry: Entry): boolean {
  return entry.state === "waiting" && entry.sent === undefined;
}

// Whether the server must have `other` before `entry`; the photo that a step needs is another matter.
function precedes(other: Entry, entry: Entry): boolean {
  if (other.id === entry.id || other.runId !== entry.runId) {
    return false;
  }
  if (other.kind === "start" || entry.kind === "start") {
    return other.kind === "start" && entry.kind !== "start";
  }
  if (entry.kind === "complete") {
    // Photos, remarks and incidents come before the end too, but one that does not get through does not keep the run open.
    const beside = other.kind === "picture" || asideOf(other) !== undefined;
    return isEarlier(other, entry) && !(beside && (other.state === "refused" || isStuck(other)));
  }
  if (asideOf(entry) !== undefined || asideOf(other) !== undefined) {
    // What is remarked or reported waits for nothing that is done, and holds nothing up.
    return (
      asideOf(entry) === asideOf(other) && !isOtherPhoto(other, entry) && isEarlier(other, entry)
    );
  }
  return (
    entry.kind !== "picture" &&
    other.kind !== "picture" &&
    isAtStopOf(other, entry) &&
    isEarlier(other, entry)
  );
}

/**
 * What an entry waits for: the start of its run, the earlier steps of its stop, and for a step one photo of it. Other
 * photos hold nothing up, nor does what was sent.
 */
export function heldBackBy(entry: Entry, entries: readonly Entry[]): Entry[] {
  if (entry.sent !== undefined) {
    return [];
  }
  const others = entries.filter((other) => other.sent === undefined);
  const holders = others.filter((other) => precedes(other, entry));
  if (entry.kind === "step" && !entry.photoSent) {
    const photos = others.filter((other) => isPhotoOf(other, entry));
    const waiting = photos.filter((photo) => photo.state === "waiting");
    holders.push(...(waiting.length > 0 ? waiting : photos).slice(0, 1));
  }
  return holders;
}

/** True for a photo that is still as the camera made it, and is not sent yet. */
export function isUnshrunk(entry: Entry): boolean {
  return entry.kind === "picture" && entry.unshrunk === true;
}

/** True when a refusal must be settled before this entry can be sent. */
export function isHeldBack(entry: Entry, entries: readonly Entry[]): boolean {
  return heldBackBy(entry, entries).some(
    (other) => other.state === "refused" || isHeldBack(other, entries),
  );
}

/** No wait is longer, whoever asks for it. */
export const longestWait = 15 * 60_000;

/**
 * True while a moment to wait for lies ahead. One that lies further ahead than anybody waits was set by a clock that was
 * wrong: the phone's was put back since.
 */
export function liesAhead(moment: number, now: number): boolean {
  return moment > now && moment <= now + longestWait;
}

/** True while an entry can still be taken back. */
export function isHeld(entry: Entry, now: number): boolean {
  return isUnsent(entry) && liesAhead(entry.heldUntil ?? 0, now);
}

/** Until when the server asked to be left alone; 0 when it did not. */
function restsUntil(entries: readonly Entry[], now: number): number {
  const moments = entries
    .filter(isUnsent)
    .map(({ retryAt = 0 }) => retryAt)
    .filter((moment) => liesAhead(moment, now));
  return Math.max(0, ...moments);
}

/**
 * What can be sent now, at most one entry of each run: what happened first, then the photos that a step waits for, then
 * the other photos.
 */
export function readyToSend(entries: readonly Entry[], now: number): Entry[] {
  if (restsUntil(entries, now) > now) {
    return [];
  }
  const best = new Map<number, { entry: Entry; rank: number }>();
  for (const entry of entries) {
    if (
      !isUnsent(entry) ||
      liesAhead(entry.notBefore, now) ||
      isHeld(entry, now) ||
      isUnshrunk(entry) ||
      isFromNewerApp(entry)
    ) {
      continue;
    }
    const rank = rankOf(entry, entries);
    const other = best.get(entry.runId);
    if ((other === undefined || rank < other.rank) && heldBackBy(entry, entries).length === 0) {
      best.set(entry.runId, { entry, rank });
    }
  }
  return [...best.values()].map(({ entry }) => entry);
}

function rankOf(entry: Entry, entries: readonly Entry[]): number {
  if (entry.kind !== "picture") {
    return 0;
  }
  const wanted = entries.some(
    (other) => other.kind === "step" && !other.photoSent && isPhotoOf(entry, other),
  );
  return wanted ? 1 : 2;
}

/** When something that failed, or is held, may be sent; undefined when nothing waits for time to pass. */
export function nextMoment(entries: readonly Entry[], now: number): number | undefined {
  const rest = restsUntil(entries, now);
  if (rest > now) {
    return rest;
  }
  const moments = entries
    .filter(isUnsent)
    .map((entry) => Math.max(entry.notBefore, isHeld(entry, now) ? (entry.heldUntil ?? 0) : 0))
    .filter((moment) => liesAhead(moment, now));
  return moments.length === 0 ? undefined : Math.min(...moments);
}
