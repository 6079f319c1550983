import type { TFunction } from "i18next";
import { streetLine } from "@/shared/address";
import type { CollectionRule, CollectionRuleParams, RuleException } from "@/shared/api/types";
import {
  type RhythmValues,
  rhythmParamsOf,
  rhythmProblems,
  rhythmValuesOf,
} from "@/shared/rhythm/rhythm-values";
import { isTime, readTime } from "@/shared/ui/time-field";

/** A building that was chosen, by the name that it had then. */
export type ChosenBuilding = { id: number; label: string };

export const targets = ["buildings", "tour", "region"] as const;
export const onHolidays = ["keep", "skip", "next_working_day"] as const;

/** A rule as its form shows it. */
export type RuleValues = RhythmValues & {
  type: string | null;
  target: (typeof targets)[number];
  buildings: ChosenBuilding[];
  tour_id: string | null;
  region_id: string | null;
  season: boolean;
  season_from: string;
  season_to: string;
  on_holidays: (typeof onHolidays)[number];
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

/** The form of a rule, or of none yet. */
export function valuesOf(rule: StoredRule, t: TFunction): RuleValues {
  if (!("id" in rule)) {
    return {
      type: null,
      target: "region",
      buildings: [],
      tour_id: null,
      region_id: null,
      ...rhythmValuesOf(undefined),
      season: false,
      season_from: "04-01",
      season_to: "10-31",
      on_holidays: "next_working_day",
      time_from: "",
      time_to: "",
      note: "",
      put_out: true,
      bring_in: true,
      exceptions: [],
    };
  }
  return {
    type: rule.type,
    target: rule.tour !== null ? "tour" : rule.region !== null ? "region" : "buildings",
    buildings: rule.buildings.map(({ id, address }) => ({ id, label: streetLine(address, t) })),
    tour_id: rule.tour === null ? null : String(rule.tour.id),
    region_id: rule.region === null ? null : String(rule.region.id),
    ...rhythmValuesOf(rule),
    season: rule.season_from !== "",
    season_from: rule.season_from || "04-01",
    season_to: rule.season_to || "10-31",
    on_holidays: rule.on_holidays as RuleValues["on_holidays"],
    time_from: rule.time_from,
    time_to: rule.time_to,
    note: rule.note,
    put_out: rule.put_out,
    bring_in: rule.bring_in,
    exceptions: rule.exceptions,
  };
}

/** The request that stores what the form describes. */
export function paramsOf(values: RuleValues, version: number): CollectionRuleParams {
  const { target, season } = values;
  return {
    type: values.type ?? "",
    ...rhythmParamsOf(values),
    season_from: season ? values.season_from : "",
    season_to: season ? values.season_to : "",
    on_holidays: values.on_holidays,
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
