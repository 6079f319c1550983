import type { TFunction } from "i18next";

// Days are the company's, wherever the phone or the office laptop is.
export const timeZone = "Europe/Brussels";

const dayFormat = new Intl.DateTimeFormat("en-CA", {
  timeZone,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

/** The company's calendar day of a moment as YYYY-MM-DD. */
export function dayOf(moment: Date): string {
  return dayFormat.format(moment);
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

/** "18:05" in the company's time. */
export function clockTime(moment: string | Date, language: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(moment));
}

/** A day as people say it: "do 26 nov", with the year when it is another one. */
export function dayText(day: string, language: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: "UTC",
    weekday: "short",
    day: "numeric",
    month: "short",
    ...(day.slice(0, 4) === today().slice(0, 4) ? {} : { year: "numeric" }),
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
