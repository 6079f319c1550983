import type { TFunction } from "i18next";
import { streetLine } from "@/shared/address";
import type { CollectionRule, CollectionRuleParams, RuleException } from "@/shared/api/types";
import { today } from "@/shared/dates";
import { isTime, readTime } from "@/shared/ui/time-field";
import {
  type Nth,
  type Rhythm,
  readRecurrence,
  type Weekday,
  writeRecurrence,
} from "@/shared/waste/recurrence";

/** A building that was chosen, by the name that it had then. */
export type ChosenBuilding = { id: number; label: string };

export const rhythms = ["weekly", "odd", "even", "monthly", "dates", "own"] as const;
export const targets = ["buildings", "tour", "region"] as const;
export const onHolidays = ["keep", "skip", "next_working_day"] as const;

/** A rule as its form shows it. */
export type RuleValues = {
  type: string | null;
  target: (typeof targets)[number];
  buildings: ChosenBuilding[];
  tour_id: string | null;
  region_id: string | null;
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
  season: boolean;
  season_from: string;
  season_to: string;
  on_holidays: (typeof onHolidays)[number];
  held: boolean;
  held_from: string | null;
  held_until: string | null;
  time_from: string;
  time_to: string;
  note: string;
  put_out: boolean;
  bring_in: boolean;
  exceptions: RuleException[];
};

/** What a rule that is added starts from. */
export const noRule = { version: 0 };
export type StoredRule = CollectionRule | typeof noRule;

function valuesOfRhythm(
  rhythm: Rhythm | undefined,
): Pick<RuleValues, "rhythm" | "interval" | "days" | "nths" | "dates" | "months"> {
  const none = { interval: 1, days: [], nths: [], dates: [], months: [] };
  return rhythm === undefined
    ? { ...none, rhythm: "own" }
    : { ...none, ...rhythm, rhythm: rhythm.kind };
}

function withoutKind<T extends object>(values: T): T {
  const { kind: _, ...rest } = values as T & { kind?: string };
  return rest as T;
}

/** The form of a rule, or of none yet. */
export function valuesOf(rule: StoredRule, t: TFunction): RuleValues {
  if (!("id" in rule)) {
    return {
      type: null,
      target: "region",
      buildings: [],
      tour_id: null,
      region_id: null,
      ...withoutKind(valuesOfRhythm({ kind: "weekly", interval: 1, days: [] })),
      own: "",
      start_date: today(),
      ends: "never",
      until: null,
      count: 10,
      season: false,
      season_from: "04-01",
      season_to: "10-31",
      on_holidays: "next_working_day",
      held: false,
      held_from: null,
      held_until: null,
      time_from: "",
      time_to: "",
      note: "",
      put_out: true,
      bring_in: true,
      exceptions: [],
    };
  }
  const recurrence = readRecurrence(rule.rrule, rule.start_date);
  const until = recurrence?.until ?? "";
  return {
    type: rule.type,
    target: rule.tour !== null ? "tour" : rule.region !== null ? "region" : "buildings",
    buildings: rule.buildings.map(({ id, address }) => ({ id, label: streetLine(address, t) })),
    tour_id: rule.tour === null ? null : String(rule.tour.id),
    region_id: rule.region === null ? null : String(rule.region.id),
    ...withoutKind(valuesOfRhythm(recurrence?.rhythm)),
    own: recurrence === undefined ? rule.rrule : "",
    start_date: rule.start_date,
    ends: recurrence?.count !== undefined ? "count" : until === "" ? "never" : "until",
    until: until === "" ? null : until,
    count: recurrence?.count ?? 10,
    season: rule.season_from !== "",
    season_from: rule.season_from || "04-01",
    season_to: rule.season_to || "10-31",
    on_holidays: rule.on_holidays as RuleValues["on_holidays"],
    held: rule.held_from !== "",
    held_from: rule.held_from || null,
    held_until: rule.held_until || null,
    time_from: rule.time_from,
    time_to: rule.time_to,
    note: rule.note,
    put_out: rule.put_out,
    bring_in: rule.bring_in,
    exceptions: rule.exceptions,
  };
}

function rhythmOf(values: RuleValues): Rhythm | undefined {
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
export function rruleOf(values: RuleValues): string {
  const rhythm = rhythmOf(values);
  return rhythm === undefined
    ? values.own.trim()
    : writeRecurrence({
        rhythm,
        until: values.ends === "until" ? (values.until ?? "") : "",
        count: values.ends === "count" ? Number(values.count) : undefined,
      });
}

/** The request that stores what the form describes. */
export function paramsOf(values: RuleValues, version: number): CollectionRuleParams {
  const { target, season, held } = values;
  return {
    type: values.type ?? "",
    rrule: rruleOf(values),
    start_date: values.start_date ?? "",
    season_from: season ? values.season_from : "",
    season_to: season ? values.season_to : "",
    on_holidays: values.on_holidays,
    held_from: held ? (values.held_from ?? "") : "",
    held_until: held ? (values.held_until ?? "") : "",
    building_ids: target === "buildings" ? values.buildings.map(({ id }) => id) : [],
    tour_id: target === "tour" && values.tour_id !== null ? Number(values.tour_id) : null,
    region_id: target === "region" && values.region_id !== null ? Number(values.region_id) : null,
    note: values.note.trim(),
    put_out: values.put_out,
    bring_in: values.bring_in,
    time_from: readTime(values.time_from),
    time_to: readTime(values.time_to),
    exceptions: values.exceptions,
    version,
  };
}

type Problems = Partial<Record<keyof RuleValues, string>>;

function within(value: number | string, last: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= last;
}

function rhythmProblems(values: RuleValues, t: TFunction): Problems {
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

function targetProblems(values: RuleValues, t: TFunction): Problems {
  switch (values.target) {
    case "buildings":
      return values.buildings.length === 0 ? { buildings: t("rules.buildings_needed") } : {};
    case "tour":
      return values.tour_id === null ? { tour_id: t("rules.tour_needed") } : {};
    default:
      return values.region_id === null ? { region_id: t("rules.region_needed") } : {};
  }
}

/** What keeps the form from being sent; nothing when it can be. */
export function problemsOf(values: RuleValues, t: TFunction): Problems {
  const problems = { ...targetProblems(values, t), ...rhythmProblems(values, t) };
  if (values.type === null) {
    problems.type = t("rules.type_needed");
  }
  if (values.start_date === null) {
    problems.start_date = t("errors.reason.required");
  }
  const from = readTime(values.time_from);
  const to = readTime(values.time_to);
  if (!isTime(from)) {
    problems.time_from = t("rules.time_wrong");
  }
  if (!isTime(to)) {
    problems.time_to = t("rules.time_wrong");
  } else if ((from === "") !== (to === "")) {
    problems.time_to = t("rules.times_both");
  } else if (from !== "" && from >= to) {
    problems.time_to = t("rules.times_order");
  }
  if (!values.put_out && !values.bring_in) {
    problems.bring_in = t("rules.work_needed");
  }
  if (values.held && values.held_from === null) {
    problems.held_from = t("errors.reason.required");
  } else if (
    values.held &&
    values.held_from !== null &&
    values.held_until !== null &&
    values.held_until < values.held_from
  ) {
    problems.held_until = t("rules.hold_order");
  }
  return problems;
}

/** The exceptions with that of one date replaced; without it when there is none any more. */
export function withException(
  exceptions: readonly RuleException[],
  date: string,
  exception: RuleException | undefined,
): RuleException[] {
  return [
    ...exceptions.filter((other) => other.date !== date),
    ...(exception === undefined ? [] : [exception]),
  ].sort((a, b) => a.date.localeCompare(b.date));
}
