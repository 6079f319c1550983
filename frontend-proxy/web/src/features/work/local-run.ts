import type { Outcome, Picture, Run, RunDetail, Segment, StepName, Stop } from "@/shared/api/types";
import {
  asideOf,
  type Entry,
  isHeldBack,
  isUnshrunk,
  type PictureEntry,
  type StartEntry,
} from "./outbox/entries";

export const stepNames: readonly StepName[] = ["arrival", "inside", "departure"];

const reached: Record<StepName, Segment> = {
  arrival: "arrived",
  inside: "inside",
  departure: "departed",
};

// A camera and the start of a run are not told by the same clock to the second.
const clockTolerance = 2 * 60_000;

export type LocalPhoto = {
  id: string;
  /** Undefined for a photo of a remark. */
  step: StepName | undefined;
  state: "sent" | "preparing" | "waiting" | "sending" | "refused";
  picture: Picture | undefined;
  entry: PictureEntry | undefined;
  /** The moment it was taken, when that was before the run began: an old photo from the device. */
  takenBeforeStart: string | undefined;
  /** The same photo was used before. */
  usedBefore: boolean;
};

export type LocalRemark = {
  id: string;
  text: string;
  at: string;
  editedAt: string | null;
  /** A refused one is settled in the list of what is to be sent. */
  state: "sent" | "waiting" | "refused";
  photos: readonly LocalPhoto[];
  /** What of it is on this device only. */
  entries: readonly Entry[];
};

export type LocalStep = { name: StepName; at: string | undefined };

export type LocalStop = {
  position: number;
  building: Stop["building"];
  steps: readonly LocalStep[];
  /** Of its steps. */
  photos: readonly LocalPhoto[];
  remarks: readonly LocalRemark[];
  outcome: Outcome | null;
  reason: string;
  state: Segment;
};

/** A run as the worker sees it: what the server knows and, on top, what waits on this device. */
export type LocalRun = {
  id: number;
  status: Run["status"];
  stops: readonly LocalStop[];
  segments: readonly Segment[];
  settled: number;
};

/** Lays the queue over the server's run. Refused entries count as not done, except that their photos stay visible. */
export function localRun(
  run: RunDetail,
  entries: readonly Entry[],
  sendingIds: ReadonlySet<string>,
): LocalRun {
  const mine = entries.filter((entry) => entry.runId === run.id);
  const pending = mine.filter((entry) => entry.state === "waiting" && !isHeldBack(entry, mine));
  const completing = pending.some((entry) => entry.kind === "complete");
  const start = pending.find((entry): entry is StartEntry => entry.kind === "start");
  const startedAt = run.started_at ?? start?.occurredAt;
  const queue = { mine, pending, completing, sendingIds, startedAt };
  // Until the server knows of the start, its stops are those of the tour, which the office may have changed since.
  const shown = run.started_at === null ? (start?.stops ?? run.stops) : run.stops;
  const stops = shown.map((stop) => localStop(stop, queue));
  const settled = stops.filter((stop) => stop.outcome !== null).length;
  const started = run.status === "started" || start !== undefined;
  return {
    id: run.id,
    status:
      run.status === "cancelled" || run.status === "completed"
        ? run.status
        : started && stops.length > 0 && settled === stops.length
          ? "completed"
          : started
            ? "started"
            : "planned",
    stops,
    segments: stops.map((stop) => stop.state),
    settled,
  };
}

type RunQueue = {
  /** What waits of this run. */
  mine: readonly Entry[];
  /** Of these, what counts as done. */
  pending: readonly Entry[];
  completing: boolean;
  sendingIds: ReadonlySet<string>;
  startedAt: string | undefined;
};

function localStop(stop: Stop, queue: RunQueue): LocalStop {
  const { mine, pending, completing } = queue;
  const here = (entry: Entry) => "buildingId" in entry && entry.buildingId === stop.building.id;
  const visit = stop.visit;
  const steps = stepNames.map((name): LocalStep => {
    const known = visit?.steps.find((step) => step.step === name);
    const queued = pending.find(
      (entry) => entry.kind === "step" && here(entry) && entry.step === name,
    );
    return {
      name,
      at: known?.occurred_at ?? (queued?.kind === "step" ? queued.occurredAt : undefined),
    };
  });
  const queuedOutcome = pending.find((entry) => entry.kind === "outcome" && here(entry));
  let outcome: Outcome | null = visit?.outcome ?? null;
  let reason = visit?.reason ?? "";
  if (outcome === null && queuedOutcome?.kind === "outcome") {
    outcome = queuedOutcome.outcome;
    reason = queuedOutcome.reason;
  }
  if (outcome === null && steps.every((step) => step.at !== undefined)) {
    outcome = "done";
  }
  if (outcome === null && completing) {
    outcome = "skipped";
  }
  const last = steps.findLast((step) => step.at !== undefined);
  return {
    position: stop.position,
    building: stop.building,
    steps,
    photos: photosOf(
      stop.visit?.pictures ?? [],
      mine.filter(here).filter((entry) => asideOf(entry) === undefined),
      queue,
    ),
    remarks: remarksOf(stop, mine.filter(here), queue),
    outcome,
    reason,
    state: outcome ?? (last === undefined ? "open" : reached[last.name]),
  };
}

/** The remarks as the worker left them: what waits counts as done, what was refused does not. */
function remarksOf(stop: Stop, entries: readonly Entry[], queue: RunQueue): LocalRemark[] {
  const known = stop.visit?.remarks ?? [];
  const own = entries
    .filter((entry) => entry.kind === "remark")
    .filter((entry) => !known.some(({ id }) => id === entry.id))
    .map((entry) => ({
      id: entry.id,
      text: entry.text,
      occurred_at: entry.occurredAt,
      edited_at: null,
      pictures: [],
    }));
  return [...known, ...own].flatMap((remark): LocalRemark[] => {
    const about = entries.filter((entry) => asideOf(entry) === remark.id);
    const waiting = about.filter((entry) => entry.state === "waiting");
    if (waiting.some((entry) => entry.kind === "remark_deletion")) {
      return [];
    }
    const takenOff = new Set(
      waiting.flatMap((entry) => (entry.kind === "picture_removal" ? [entry.pictureId] : [])),
    );
    const change = waiting.findLast((entry) => entry.kind === "remark_change");
    const written = about.filter((entry) => entry.kind !== "picture");
    return [
      {
        id: remark.id,
        text: change?.text ?? remark.text,
        at: remark.occurred_at,
        editedAt: remark.edited_at,
        state: written.some((entry) => entry.state === "refused")
          ? "refused"
          : written.length > 0
            ? "waiting"
            : "sent",
        photos: photosOf(remark.pictures, about, queue).filter(({ id }) => !takenOff.has(id)),
        entries: about,
      },
    ];
  });
}

function photosOf(
  pictures: readonly Picture[],
  entries: readonly Entry[],
  { sendingIds, startedAt }: RunQueue,
): LocalPhoto[] {
  const beforeStart = (takenAt: string) =>
    startedAt !== undefined && Date.parse(takenAt) < Date.parse(startedAt) - clockTolerance
      ? takenAt
      : undefined;
  const sent = pictures.map(
    (picture): LocalPhoto => ({
      id: picture.id,
      step: picture.step ?? undefined,
      state: "sent",
      picture,
      entry: undefined,
      // Not the time that was put right: an old photo stays one.
      takenBeforeStart: beforeStart(picture.claimed_at ?? picture.taken_at),
      usedBefore: picture.duplicate_of !== null,
    }),
  );
  const known = new Set(sent.map((photo) => photo.id));
  const queued = entries
    .filter((entry) => entry.kind === "picture")
    .filter((entry) => !known.has(entry.id))
    .map(
      (entry): LocalPhoto => ({
        id: entry.id,
        step: entry.step,
        state:
          entry.state === "refused"
            ? "refused"
            : isUnshrunk(entry)
              ? "preparing"
              : sendingIds.has(entry.id)
                ? "sending"
                : "waiting",
        picture: undefined,
        entry,
        takenBeforeStart: beforeStart(entry.takenAt),
        usedBefore: entry.usedBefore ?? false,
      }),
    );
  return [...sent, ...queued];
}

/** The step to do next at a stop; undefined when the stop has its outcome. */
export function nextStep(stop: LocalStop): StepName | undefined {
  return stop.outcome === null ? stop.steps.find((step) => step.at === undefined)?.name : undefined;
}

/** A step can be confirmed once it has a photo that is ready and was not refused. */
export function hasPhoto(stop: LocalStop, step: StepName): boolean {
  return stop.photos.some(
    ({ step: of, state }) => of === step && state !== "refused" && state !== "preparing",
  );
}

/** The stop to work on: the wanted one, else the first that is open, going on after the last one dealt with. */
export function currentStop(run: LocalRun, wanted: number | undefined): LocalStop | undefined {
  return (
    run.stops.find((stop) => stop.position === wanted) ??
    run.stops.find((stop) => stop.outcome === null && stop.state !== "open") ??
    run.stops.find((stop) => stop.outcome === null)
  );
}

const remarksAfterEnd = 24 * 60 * 60_000;

/** True while the worker may say something about the stops: until a day after the end of the run. */
export function takesRemarks(run: RunDetail, local: LocalRun, now: number): boolean {
  if (local.status !== "completed") {
    return local.status === "started";
  }
  return run.completed_at === null || now < Date.parse(run.completed_at) + remarksAfterEnd;
}
