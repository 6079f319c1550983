import type { TFunction } from "i18next";

// Days are the company's, wherever the phone or the office laptop is; the server says in which zone.
let timeZone = "Europe/Brussels";

// To make a format takes a phone longer than to draw what it is for.
const formats = new Map<string, Intl.DateTimeFormat>();

/** How a date is written in a language; English is the English of Europe. Kept: ask for it again rather than keep it. */
export function dateFormat(
  language: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options);
    formats.set(key, format);
  }
  return format;
}

/** Sets the zone in which days begin and end; called once, before the first page. */
export function configureTimeZone(zone: string): void {
  timeZone = zone;
}

/** The company's calendar day of a moment as YYYY-MM-DD. */
export function dayOf(moment: Date): string {
  return dateFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).format(moment);
}

/** Today as YYYY-MM-DD. */
export function today(): string {
  return dayOf(new Date());
}

/** A day some days later or earlier; plain calendar arithmetic. */
export function addDays(day: string, days: number): string {
  const moment = new Date(`${day}T12:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + days);
  return moment.toISOString().slice(0, 10);
}

/** The day of the week, 0 for Sunday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T12:00:00Z`).getUTCDay();
}

/** True for a day of the calendar as YYYY-MM-DD; there is no 2026-02-30. */
export function isDay(text: string): boolean {
  const moment = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T12:00:00Z`) : undefined;
  return moment !== undefined && !Number.isNaN(moment.getTime()) && addDays(text, 0) === text;
}

/** The moment at which the day after today begins, in milliseconds from now; at most a second late. */
export function untilTomorrow(): number {
  const now = Date.now();
  const day = today();
  // Days have 23 to 25 hours: look for the moment between them.
  let [before, after] = [now, now + 26 * 3_600_000];
  while (after - before > 500) {
    const middle = (before + after) / 2;
    if (dayOf(new Date(middle)) === day) {
      before = middle;
    } else {
      after = middle;
    }
  }
  return after - now;
}

/** "18:05" in the company's time. */
export function clockTime(moment: string | Date, language: string): string {
  return dateFormat(language, {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(moment));
}

/** A day as people say it: "do 26 nov", with the year when it is another one. */
export function dayText(day: string, language: string): string {
  return dateFormat(language, {
    timeZone: "UTC",
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(day.slice(0, 4) === today().slice(0, 4) ? {} : { year: "numeric" }),
  }).format(new Date(`${day}T12:00:00Z`));
}

/** A day of the week in short, 1 is Monday: "ma". */
export function weekdayText(weekday: number, language: string): string {
  return dateFormat(language, { timeZone: "UTC", weekday: "short" }).format(
    new Date(Date.UTC(2024, 0, weekday)), // the first of January 2024 was a Monday
  );
}

/** A moment as people say it: "vandaag 18:05". */
export function nearMomentText(moment: string, t: TFunction, language: string): string {
  return `${nearDayText(dayOf(new Date(moment)), t, language)} ${clockTime(moment, language)}`;
}

/** A day in full: "donderdag 26 november 2026". */
export function fullDayText(day: string, language: string): string {
  return dateFormat(language, {
    timeZone: "UTC",
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  }).format(new Date(`${day}T12:00:00Z`));
}

/** "vandaag", "morgen", "gisteren", else dayText. */
export function nearDayText(day: string, t: TFunction, language: string): string {
  const now = today();
  if (day === now) {
    return t("day.today");
  }
  if (day === addDays(now, 1)) {
    return t("day.tomorrow");
  }
  if (day === addDays(now, -1)) {
    return t("day.yesterday");
  }
  return dayText(day, language);
}

/** A day without its weekday: "1 dec", with the year when it is another one. */
export function shortDayText(day: string, language: string): string {
  return dateFormat(language, {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    ...(day.slice(0, 4) === today().slice(0, 4) ? {} : { year: "numeric" }),
  }).format(new Date(`${day}T12:00:00Z`));
}

/** A day of every year, given as MM-DD: "1 april". */
export function dayInYearText(day: string, language: string): string {
  return dateFormat(language, {
    timeZone: "UTC",
    day: "numeric",
    month: "long",
    // A leap year has every day.
  }).format(new Date(`2024-${day}T12:00:00Z`));
}
