import type { TFunction } from "i18next";
import type { CollectionRule } from "../api/types";
import { dateFormat, dayInYearText, shortDayText } from "../dates";
import { type Nth, type Rhythm, readRecurrence, type Weekday, weekdays } from "./recurrence";

type Words = { t: TFunction; language: string };

/** The name of a day of the week. */
export function weekdayName(day: Weekday, language: string, style: "long" | "short"): string {
  // 1 January 2024 was a Monday.
  const date = new Date(Date.UTC(2024, 0, 1 + weekdays.indexOf(day)));
  return dateFormat(language, { timeZone: "UTC", weekday: style }).format(date);
}

/** The name of a month, 1 to 12. */
export function monthName(month: number, language: string): string {
  const date = new Date(Date.UTC(2024, month - 1, 1));
  return dateFormat(language, { timeZone: "UTC", month: "long" }).format(date);
}

/** "the first" of a month. */
export function nthName(nth: Nth, t: TFunction): string {
  return t(nth === -1 ? "rule_words.nth.last" : `rule_words.nth.${nth as 1}`);
}

function list(parts: readonly string[], language: string): string {
  return new Intl.ListFormat(language, { type: "conjunction" }).format(parts);
}

function daysText(days: readonly Weekday[], { t, language }: Words): string {
  if (days.length === 7) {
    return t("rule_words.every_day");
  }
  const names = days.map((day) => t("rule_words.day", { day: weekdayName(day, language, "long") }));
  return t("rule_words.on", { days: list(names, language) });
}

function rhythmText(rhythm: Rhythm, words: Words): string {
  const { t, language } = words;
  switch (rhythm.kind) {
    case "weekly":
      return t("rule_words.weekly", {
        count: rhythm.interval,
        days: daysText(rhythm.days, words),
      });
    case "odd":
    case "even":
      return t(`rule_words.${rhythm.kind}`, { days: daysText(rhythm.days, words) });
    default: {
      const which =
        rhythm.kind === "monthly"
          ? rhythm.nths.flatMap((nth) =>
              rhythm.days.map((day) =>
                t("rule_words.nth_day", {
                  nth: nthName(nth, t),
                  day: weekdayName(day, language, "long"),
                }),
              ),
            )
          : rhythm.dates.map((date) =>
              date === -1 ? t("rule_words.last_date") : t("rule_words.date", { date }),
            );
      const days = t("rule_words.on", { days: list(which, language) });
      return rhythm.months.length === 0
        ? t("rule_words.monthly", { count: rhythm.interval, days })
        : t("rule_words.in_months", {
            days,
            months: list(
              rhythm.months.map((month) => monthName(month, language)),
              language,
            ),
          });
    }
  }
}

type SaidRule = Pick<
  CollectionRule,
  "rrule" | "start_date" | "season_from" | "season_to" | "on_holidays" | "held_from" | "held_until"
>;

/** What a rule means, in one sentence: "Elke 2 weken op dinsdag, oneven weken, vanaf 1 dec 2026". */
export function ruleSentence(rule: SaidRule, t: TFunction, language: string): string {
  const words = { t, language };
  const recurrence = readRecurrence(rule.rrule, rule.start_date);
  const parts =
    recurrence === undefined
      ? [t("rule_words.own", { rrule: rule.rrule })]
      : [rhythmText(recurrence.rhythm, words)];
  parts.push(t("rule_words.from", { date: shortDayText(rule.start_date, language) }));
  if (recurrence !== undefined && recurrence.count !== undefined) {
    parts.push(t("rule_words.times", { count: recurrence.count }));
  } else if (recurrence !== undefined && recurrence.until !== "") {
    parts.push(t("rule_words.until", { date: shortDayText(recurrence.until, language) }));
  }
  if (rule.season_from !== "") {
    parts.push(
      t("rule_words.season", {
        from: dayInYearText(rule.season_from, language),
        to: dayInYearText(rule.season_to, language),
      }),
    );
  }
  if (rule.on_holidays === "skip") {
    parts.push(t("rule_words.holidays_skip"));
  } else if (rule.on_holidays === "next_working_day") {
    parts.push(t("rule_words.holidays_next"));
  }
  if (rule.held_from !== "") {
    parts.push(
      rule.held_until === ""
        ? t("rule_words.held", { from: shortDayText(rule.held_from, language) })
        : t("rule_words.held_until", {
            from: shortDayText(rule.held_from, language),
            until: shortDayText(rule.held_until, language),
          }),
    );
  }
  return parts.join(", ");
}
