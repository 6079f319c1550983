import type { TFunction } from "i18next";
import { today } from "../dates";
import {
  type Nth,
  type Rhythm,
  readRecurrence,
  type Weekday,
  writeRecurrence,
} from "../waste/recurrence";

export const rhythms = ["weekly", "odd", "even", "monthly", "dates", "own"] as const;

/** A recurrence and its pause as a form shows them. */
export type RhythmValues = {
  rhythm: (typeof rhythms)[number];
  interval: number | string;
  days: Weekday[];
  nths: Nth[];
  dates: number[];
  months: number[];
  /** An RRULE as it is typed. */
  own: string;
  start_date: string | null;
  ends: "never" | "until" | "count";
  until: string | null;
  count: number | string;
  held: boolean;
  held_from: string | null;
  held_until: string | null;
};

/** A recurrence and its pause as they are stored. */
export type StoredRhythm = {
  rrule: string;
  start_date: string;
  held_from: string;
  held_until: string;
};

const noDays = { interval: 1, days: [], nths: [], dates: [], months: [] };

function valuesOf(
  rhythm: Rhythm | undefined,
): Pick<RhythmValues, "rhythm" | "interval" | "days" | "nths" | "dates" | "months"> {
  if (rhythm === undefined) {
    return { ...noDays, rhythm: "own" };
  }
  const { kind, ...rest } = rhythm;
  return { ...noDays, ...rest, rhythm: kind };
}

/** The form of a recurrence, or of none yet. */
export function rhythmValuesOf(stored: StoredRhythm | undefined): RhythmValues {
  if (stored === undefined) {
    return {
      ...valuesOf({ kind: "weekly", interval: 1, days: [] }),
      own: "",
      start_date: today(),
      ends: "never",
      until: null,
      count: 10,
      held: false,
      held_from: null,
      held_until: null,
    };
  }
  const recurrence = readRecurrence(stored.rrule, stored.start_date);
  const until = recurrence?.until ?? "";
  return {
    ...valuesOf(recurrence?.rhythm),
    own: recurrence === undefined ? stored.rrule : "",
    start_date: stored.start_date,
    ends: recurrence?.count !== undefined ? "count" : until === "" ? "never" : "until",
    until: until === "" ? null : until,
    count: recurrence?.count ?? 10,
    held: stored.held_from !== "",
    held_from: stored.held_from || null,
    held_until: stored.held_until || null,
  };
}

function rhythmOf(values: RhythmValues): Rhythm | undefined {
  const interval = Number(values.interval);
  const { days, months } = values;
  switch (values.rhythm) {
    case "weekly":
      return { kind: "weekly", interval, days };
    case "odd":
    case "even":
      return { kind: values.rhythm, days };
    case "monthly":
      return { kind: "monthly", interval, months, nths: values.nths, days };
    case "dates":
      return { kind: "dates", interval, months, dates: values.dates };
    default:
      return undefined;
  }
}

/** The RRULE that the form describes. */
export function rruleOf(values: RhythmValues): string {
  const rhythm = rhythmOf(values);
  return rhythm === undefined
    ? values.own.trim()
    : writeRecurrence({
        rhythm,
        until: values.ends === "until" ? (values.until ?? "") : "",
        count: values.ends === "count" ? Number(values.count) : undefined,
      });
}

/** The part of a request that stores what the form describes. */
export function rhythmParamsOf(values: RhythmValues): StoredRhythm {
  const { held } = values;
  return {
    rrule: rruleOf(values),
    start_date: values.start_date ?? "",
    held_from: held ? (values.held_from ?? "") : "",
    held_until: held ? (values.held_until ?? "") : "",
  };
}

type Problems = Partial<Record<keyof RhythmValues, string>>;

function within(value: number | string, last: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= last;
}

function patternProblems(values: RhythmValues, t: TFunction): Problems {
  const problems: Problems = {};
  const { rhythm } = values;
  if (rhythm === "own") {
    if (values.own.trim() === "") {
      problems.own = t("errors.reason.required");
    }
    return problems;
  }
  if (rhythm !== "dates" && values.days.length === 0) {
    problems.days = t("rules.days_needed");
  }
  if (rhythm === "monthly" && values.nths.length === 0) {
    problems.nths = t("rules.nths_needed");
  }
  if (rhythm === "dates" && values.dates.length === 0) {
    problems.dates = t("rules.dates_needed");
  }
  if (rhythm === "weekly" && !within(values.interval, 52)) {
    problems.interval = t("rules.interval_wrong", { last: 52 });
  }
  const monthly = rhythm === "monthly" || rhythm === "dates";
  if (monthly && values.months.length === 0 && !within(values.interval, 24)) {
    problems.interval = t("rules.interval_wrong", { last: 24 });
  }
  if (values.ends === "until" && values.until === null) {
    problems.until = t("errors.reason.required");
  }
  if (values.ends === "count" && !within(values.count, 1000)) {
    problems.count = t("rules.interval_wrong", { last: 1000 });
  }
  return problems;
}

/** What keeps the form from being sent; nothing when it can be. */
export function rhythmProblems(values: RhythmValues, t: TFunction): Problems {
  const problems = patternProblems(values, t);
  if (values.start_date === null) {
    problems.start_date = t("errors.reason.required");
  }
  const { held, held_from: from, held_until: until } = values;
  if (held && from === null) {
    problems.held_from = t("errors.reason.required");
  } else if (held && from !== null && until !== null && until < from) {
    problems.held_until = t("rules.hold_order");
  }
  return problems;
}
