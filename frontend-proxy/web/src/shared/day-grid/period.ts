import { addDays, dateFormat, weekdayOf } from "../dates";

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  return addDays(day, -((weekdayOf(day) + 6) % 7));
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
  return dateFormat(language, {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    year: "numeric",
  }).formatRange(new Date(`${from}T12:00:00Z`), new Date(`${to}T12:00:00Z`));
}
