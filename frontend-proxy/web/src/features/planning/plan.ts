import type { PlanningRun, PlanningTour, PlanningWorker, WeekPlan } from "@/shared/api/types";
import { weekdayOf } from "@/shared/dates";
import type { DayRow } from "@/shared/day-grid/rows";
import type { RowKind } from "./search";

/** Who does which tour when. */
export type RunPlace = { tour_id: number; worker_id: number; date: string };

/** Why a run does not fit where it is planned. */
export type Conflict =
  | "cannot_work"
  | "other_region"
  | "absent"
  | "other_weekdays"
  | "second_person"
  | "day_full"
  | "no_collections";

/** What is on its way to the server: runs that are changed, gone, or new (with ids below 0). */
export type PendingRuns = {
  key: string;
  changed: readonly PlanningRun[];
  removed: readonly number[];
};

/** A run with what is said of it. */
export type PlanItem = {
  id: number;
  run: PlanningRun;
  tour: PlanningTour | undefined;
  worker: PlanningWorker | undefined;
  conflicts: readonly Conflict[];
};

/** Why nothing is done in a cell. */
export type Off = "absent" | "other_weekdays" | "no_collections" | undefined;

/** A person, or a tour, with its runs on each day. */
export type PlanRow = DayRow<PlanItem> & {
  worker: PlanningWorker | undefined;
  tour: PlanningTour | undefined;
  off: readonly Off[];
  /** What the runs are agreed to take on these days together. */
  minutes: number;
  /** What was agreed for these days; 0 when nothing was. */
  agreed: number;
};

/** Lays changed runs over those that are known, unless these are newer, and takes others away. */
export function patched(
  runs: readonly PlanningRun[],
  changed: readonly PlanningRun[],
  removed: readonly number[],
  { from, to }: { from: string; to: string },
): PlanningRun[] {
  const next = new Map(runs.map((run) => [run.id, run]));
  for (const run of changed) {
    const known = next.get(run.id);
    if (known !== undefined && known.version > run.version) {
      continue;
    }
    if (run.date < from || run.date > to) {
      next.delete(run.id);
    } else {
      next.set(run.id, run);
    }
  }
  for (const id of removed) {
    next.delete(id);
  }
  return [...next.values()];
}

/** The runs as they will be once everything on its way has arrived. */
export function withPending(
  runs: readonly PlanningRun[],
  pending: readonly PendingRuns[],
): readonly PlanningRun[] {
  if (pending.length === 0) {
    return runs;
  }
  const next = new Map(runs.map((run) => [run.id, run]));
  for (const { changed, removed } of pending) {
    for (const run of changed) {
      // A new one may be known already, before the answer to who made it.
      if (run.id > 0 || !runs.some((known) => samePlace(known, run))) {
        next.set(run.id, run);
      }
    }
    for (const id of removed) {
      next.delete(id);
    }
  }
  return [...next.values()];
}

export function samePlace(a: RunPlace, b: RunPlace): boolean {
  return a.tour_id === b.tour_id && a.worker_id === b.worker_id && a.date === b.date;
}

/** What a run of a tour has to do on a day, as long as it is not started. */
export function workOn(
  tour: PlanningTour | undefined,
  date: string,
): { stops: number; agreed_minutes: number } {
  if (tour === undefined) {
    return { stops: 0, agreed_minutes: 0 };
  }
  if (!tour.hides_idle_stops) {
    return { stops: tour.stops, agreed_minutes: tour.agreed_minutes };
  }
  const work = tour.work.find((one) => one.date === date);
  return { stops: work?.stops ?? 0, agreed_minutes: work?.agreed_minutes ?? 0 };
}

/** A run that is not stored yet. */
export function newRun(id: number, place: RunPlace, tour: PlanningTour | undefined): PlanningRun {
  const work = workOn(tour, place.date);
  return { id, ...place, status: "planned", version: 1, stops_changed: false, ...work };
}

/** Why somebody cannot work on a day. */
export function offOn(
  worker: PlanningWorker,
  date: string,
): "absent" | "other_weekdays" | undefined {
  if (worker.absences.some(({ first_day, last_day }) => first_day <= date && date <= last_day)) {
    return "absent";
  }
  return worker.weekdays.includes(weekdayOf(date) || 7) ? undefined : "other_weekdays";
}

/** More than this is too much for a day with several tours, minutes; as where the week is filled. */
const fullDay = 8 * 60;

/** What somebody has on a day. */
type DayLoad = { runs: number; minutes: number };

function conflictsOf(
  run: PlanningRun,
  worker: PlanningWorker | undefined,
  tour: PlanningTour | undefined,
  working: ReadonlySet<string>,
  people: ReadonlyMap<string, number>,
  load: DayLoad | undefined,
): Conflict[] {
  if (run.status !== "planned") {
    return [];
  }
  const conflicts: Conflict[] = [];
  if (worker !== undefined && !worker.can_work) {
    conflicts.push("cannot_work");
  } else if (
    worker !== undefined &&
    tour !== undefined &&
    !worker.region_ids.includes(tour.region.id)
  ) {
    conflicts.push("other_region");
  }
  const off = worker === undefined ? undefined : offOn(worker, run.date);
  if (off !== undefined) {
    conflicts.push(off);
  }
  const key = `${run.tour_id} ${run.date}`;
  if ((people.get(key) ?? 0) > 1) {
    conflicts.push("second_person");
  }
  if (load !== undefined && load.runs > 1 && load.minutes > fullDay) {
    conflicts.push("day_full");
  }
  if (tour !== undefined && !working.has(key)) {
    conflicts.push("no_collections");
  }
  return conflicts;
}

/** The rows of the planner; a row is made again only when something of it is different. */
export function planRows() {
  let items = new Map<number, PlanItem>();
  let rows = new Map<number, PlanRow>();
  let frame: unknown[] = [];
  return (
    plan: Omit<WeekPlan, "runs">,
    runs: readonly PlanningRun[],
    days: readonly string[],
    kind: RowKind,
  ): PlanRow[] => {
    const now = [plan.workers, plan.tours, plan.runs_of_others, days, kind];
    if (now.some((part, index) => part !== frame[index])) {
      items = new Map();
      rows = new Map();
      frame = now;
    }
    const working = new Set(
      plan.tours.flatMap(({ id, work }) => work.map(({ date }) => `${id} ${date}`)),
    );
    const people = new Map<string, number>();
    const loads = new Map<string, DayLoad>();
    const ids = new Set<number>();
    for (const { id, tour_id, worker_id, date, agreed_minutes } of runs) {
      ids.add(id);
      const key = `${tour_id} ${date}`;
      people.set(key, (people.get(key) ?? 0) + 1);
      const load = loads.get(`${worker_id} ${date}`) ?? { runs: 0, minutes: 0 };
      load.runs++;
      load.minutes += agreed_minutes;
      loads.set(`${worker_id} ${date}`, load);
    }
    for (const { id, tour_id, date } of plan.runs_of_others) {
      if (!ids.has(id)) {
        const key = `${tour_id} ${date}`;
        people.set(key, (people.get(key) ?? 0) + 1);
      }
    }
    const workers = new Map(plan.workers.map((worker) => [worker.id, worker]));
    const tours = new Map(plan.tours.map((tour) => [tour.id, tour]));
    const known = new Map<number, PlanItem>();
    const of = new Map<number, PlanItem[]>();
    for (const run of runs) {
      const worker = workers.get(run.worker_id);
      const tour = tours.get(run.tour_id);
      const conflicts = conflictsOf(
        run,
        worker,
        tour,
        working,
        people,
        loads.get(`${run.worker_id} ${run.date}`),
      );
      const before = items.get(run.id);
      const item =
        before !== undefined && before.run === run && same(before.conflicts, conflicts)
          ? before
          : { id: run.id, run, worker, tour, conflicts };
      known.set(run.id, item);
      const row = kind === "people" ? run.worker_id : run.tour_id;
      const list = of.get(row);
      if (list === undefined) {
        of.set(row, [item]);
      } else {
        list.push(item);
      }
    }
    items = known;
    const column = new Map(days.map((day, index) => [day, index]));
    const made = (kind === "people" ? plan.workers : plan.tours).map((owner) => {
      const list = (of.get(owner.id) ?? []).sort(inOrder);
      const before = rows.get(owner.id);
      const row =
        before !== undefined && same(before.cells.flat(), list)
          ? before
          : rowOf(
              kind === "people" ? workers.get(owner.id) : undefined,
              kind === "tours" ? tours.get(owner.id) : undefined,
              list,
              days,
              column,
            );
      rows.set(owner.id, row);
      return row;
    });
    return made;
  };
}

function inOrder(a: PlanItem, b: PlanItem): number {
  return a.run.date < b.run.date
    ? -1
    : a.run.date > b.run.date
      ? 1
      : // What is on its way stands where it will be.
        a.run.tour_id - b.run.tour_id || a.run.worker_id - b.run.worker_id || a.id - b.id;
}

function rowOf(
  worker: PlanningWorker | undefined,
  tour: PlanningTour | undefined,
  list: readonly PlanItem[],
  days: readonly string[],
  column: ReadonlyMap<string, number>,
): PlanRow {
  const cells: PlanItem[][] = days.map(() => []);
  let most = 0;
  let minutes = 0;
  for (const item of list) {
    const cell = cells[column.get(item.run.date) ?? -1];
    if (cell !== undefined) {
      cell.push(item);
      most = Math.max(most, cell.length);
      minutes += item.run.agreed_minutes;
    }
  }
  const working = tour && new Set(tour.work.map(({ date }) => date));
  return {
    id: worker?.id ?? tour?.id ?? 0,
    worker,
    tour,
    cells,
    most,
    minutes,
    agreed: Math.round(((worker?.weekly_minutes ?? 0) * days.length) / 7),
    off: days.map((day) =>
      worker !== undefined
        ? offOn(worker, day)
        : working?.has(day) === false
          ? "no_collections"
          : undefined,
    ),
  };
}

function same<Part>(a: readonly Part[], b: readonly Part[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

/** A name in two or three letters, for where there is no room for more: "Centrum-Noord" is CN. */
export function shortName(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
  return words.length > 1
    ? words
        .slice(0, 3)
        .map((word) => [...word][0]?.toUpperCase() ?? "")
        .join("")
    : [...(words[0] ?? "")].slice(0, 3).join("");
}
