import type { TFunction } from "i18next";
import { fullName } from "@/shared/address";
import type { PlanningTour, PlanningWorker } from "@/shared/api/types";
import { rememberedTexts } from "@/shared/day-grid/rows";
import type { Conflict, Off, PlanItem, PlanRow } from "./plan";
import type { RowKind } from "./search";

/** Hours and minutes as a clock says them: "12:05". */
export function hoursText(minutes: number): string {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Somebody whose account is gone has a number left. */
export function workerName(worker: PlanningWorker | undefined, id: number): string {
  return worker === undefined || worker.first_name === "" ? `#${id}` : fullName(worker);
}

export function tourName(tour: PlanningTour | undefined, id: number): string {
  return tour?.name ?? `#${id}`;
}

/** What rows and chips say, looked up once for all of them. */
export type PlanWords = {
  rows: RowKind;
  /** Of the row: the person or the tour. */
  title: (row: PlanRow) => string;
  below: (row: PlanRow) => string;
  /** Of the chip: what the row does not say already. */
  chip: (item: PlanItem) => string;
  work: (item: PlanItem) => string;
  status: (item: PlanItem) => string;
  /** That the worker asks somebody else to do the run; empty when not. */
  swap: (item: PlanItem) => string;
  stopsChanged: string;
  conflict: (conflict: Conflict) => string;
  off: (off: NonNullable<Off>) => string;
  none: (day: string) => string;
};

/** The states of the swaps that are not decided, by the run. */
export type AskedSwaps = ReadonlyMap<number, "open" | "taken">;

export function planWords(t: TFunction, rows: RowKind, asked: AskedSwaps): PlanWords {
  const people = rows === "people";
  return {
    rows,
    title: ({ worker, tour, id }) => (people ? workerName(worker, id) : tourName(tour, id)),
    below: ({ worker, tour, minutes, agreed }) =>
      worker !== undefined
        ? agreed > 0
          ? t("planner.load_of", { hours: hoursText(minutes), agreed: hoursText(agreed) })
          : t("planner.load", { hours: hoursText(minutes) })
        : [tour?.region.name, t("tours.stop_count", { count: tour?.stops ?? 0 })].join(" · "),
    chip: ({ run, worker, tour }) =>
      people ? tourName(tour, run.tour_id) : workerName(worker, run.worker_id),
    work: ({ run }) =>
      `${t("tours.stop_count", { count: run.stops })} · ${hoursText(run.agreed_minutes)}`,
    stopsChanged: t("planner.stops_changed"),
    status: ({ run }) => t(`run_status.${run.status}`),
    swap: ({ id }) => {
      const state = asked.get(id);
      return state === undefined ? "" : t(`planner.swap.${state}`);
    },
    conflict: (conflict) => t(`planner.conflict.${conflict}`),
    off: (off) => t(`planner.off.${off}`),
    none: rememberedTexts((day) => t("planner.none_on", { day })),
  };
}
