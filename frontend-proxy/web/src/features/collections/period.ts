import { addDays, weekdayOf } from "@/shared/dates";
import type { View } from "./search";

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  return addDays(day, -((weekdayOf(day) + 6) % 7));
}

function monthOf(day: string, months: number): string {
  const moment = new Date(`${day.slice(0, 7)}-01T12:00:00Z`);
  moment.setUTCMonth(moment.getUTCMonth() + months);
  return moment.toISOString().slice(0, 10);
}

/** The first and last day that a view shows around a day: its month, or its week from Monday to Sunday. */
export function periodOf(view: View, day: string): { from: string; to: string } {
  if (view === "month") {
    return { from: monthOf(day, 0), to: addDays(monthOf(day, 1), -1) };
  }
  const from = mondayOf(day);
  return { from, to: addDays(from, 6) };
}

/** A day of the period after (1) or before (-1) the one of a day. */
export function turned(view: View, day: string, by: 1 | -1): string {
  return view === "month" ? monthOf(day, by) : addDays(mondayOf(day), 7 * by);
}

/** All days from the first to the last. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) {
    days.push(day);
  }
  return days;
}

/** How many days later `to` is; negative when it is earlier. */
export function daysFrom(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/** The number of a day's week, as ISO 8601 counts. */
export function weekNumber(day: string): number {
  const thursday = addDays(mondayOf(day), 3);
  return Math.floor(daysFrom(`${thursday.slice(0, 4)}-01-01`, thursday) / 7) + 1;
}

/** The earliest and the latest of some days. */
export function spanOf(...days: [string, ...string[]]): { first: string; last: string } {
  const sorted = days.toSorted();
  return { first: sorted[0] ?? days[0], last: sorted.at(-1) ?? days[0] };
}

/** A period as people write it: "23–29 nov 2026". */
export function periodText(from: string, to: string, language: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    year: "numeric",
  }).formatRange(new Date(`${from}T12:00:00Z`), new Date(`${to}T12:00:00Z`));
}
