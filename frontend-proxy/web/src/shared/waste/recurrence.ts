/** Days of the week as RFC 5545 writes them, from Monday. */
export const weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Weekday = (typeof weekdays)[number];

/** Which of a month: the first to the fifth, and the last. */
export const nths = [1, 2, 3, 4, 5, -1] as const;
export type Nth = (typeof nths)[number];

/** What repeats, in the ways in which people speak of it. */
export type Rhythm =
  | { kind: "weekly"; interval: number; days: Weekday[] }
  /** Weeks as calendars number them (ISO). */
  | { kind: "odd" | "even"; days: Weekday[] }
  /** Such as the second Tuesday. In some months of every year, or every so many months. */
  | { kind: "monthly"; interval: number; months: number[]; nths: Nth[]; days: Weekday[] }
  /** Days by their date; -1 is the last one. */
  | { kind: "dates"; interval: number; months: number[]; dates: number[] };

export type Recurrence = {
  rhythm: Rhythm;
  /** The last day, YYYY-MM-DD; empty without one. */
  until: string;
  /** After how many dates it ends; undefined when it does not. */
  count: number | undefined;
};

function everySecond(first: number): number[] {
  return Array.from({ length: 53 }, (_, index) => index + 1).filter(
    (week) => week % 2 === first % 2,
  );
}

const odd = everySecond(1).join(",");
const even = everySecond(2).join(",");

function partsOf(rrule: string): Map<string, string> {
  return new Map(
    rrule
      .trim()
      .toUpperCase()
      .replace(/^RRULE:/, "")
      .split(";")
      .map((part) => part.split("=", 2) as [string, string]),
  );
}

function numbersOf(list: string | undefined): number[] {
  return list === undefined ? [] : list.split(",").map(Number);
}

function sortedDays(days: readonly Weekday[]): Weekday[] {
  return weekdays.filter((day) => days.includes(day));
}

/** The weekday of a day as YYYY-MM-DD. */
export function weekdayOf(day: string): Weekday {
  return weekdays[(new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7] as Weekday;
}

type NumberedDay = { nth: number; day: Weekday };

function readDays(list: string): NumberedDay[] {
  return list.split(",").map((text) => ({
    nth: Number(text.slice(0, -2) || 0),
    day: text.slice(-2) as Weekday,
  }));
}

/** Every nth with every day, and nothing else: the first and third Monday and Tuesday. */
function readProduct(found: readonly NumberedDay[]): { nths: Nth[]; days: Weekday[] } | undefined {
  const which = nths.filter((nth) => found.some((one) => one.nth === nth));
  const days = weekdays.filter((day) => found.some((one) => one.day === day));
  const all = which.flatMap((nth) => days.map((day) => `${nth}${day}`));
  const given = new Set(found.map(({ nth, day }) => `${nth}${day}`));
  return all.length === given.size && all.every((one) => given.has(one))
    ? { nths: [...which], days: [...days] }
    : undefined;
}

/**
 * Reads an RRULE that begins on a day. Undefined for what the words here cannot say; only who knows RFC 5545 changes that.
 */
export function readRecurrence(rrule: string, start: string): Recurrence | undefined {
  const parts = partsOf(rrule);
  const take = (name: string) => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const frequency = take("FREQ");
  const interval = Number(take("INTERVAL") ?? 1);
  const until = (take("UNTIL") ?? "").replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3");
  const countText = take("COUNT");
  take("WKST");
  const given = take("BYDAY");
  const weeks = take("BYWEEKNO");
  const months = numbersOf(take("BYMONTH"));
  const dates = numbersOf(take("BYMONTHDAY"));
  if (parts.size > 0) {
    return undefined;
  }
  const rest = { until, count: countText === undefined ? undefined : Number(countText) };
  const found = given === undefined ? [] : readDays(given);
  const plain = found.every(({ nth }) => nth === 0);
  const days = sortedDays(found.map(({ day }) => day));
  if (frequency === "WEEKLY") {
    const named = days.length === 0 ? [weekdayOf(start)] : days;
    return { rhythm: { kind: "weekly", interval, days: named }, ...rest };
  }
  if (weeks !== undefined) {
    const sorted = numbersOf(weeks)
      .toSorted((a, b) => a - b)
      .join(",");
    const kind = sorted === odd ? "odd" : sorted === even ? "even" : undefined;
    return kind === undefined ? undefined : { rhythm: { kind, days }, ...rest };
  }
  // Every year in some months is every month that is one of them.
  if (frequency === "YEARLY" && (months.length === 0 || interval !== 1)) {
    return undefined;
  }
  if (months.length > 0 && interval !== 1) {
    return undefined;
  }
  if (dates.length > 0) {
    return found.length > 0 || dates.some((date) => date < -1)
      ? undefined
      : { rhythm: { kind: "dates", interval, months, dates }, ...rest };
  }
  if (found.length === 0) {
    const date = Number(start.slice(8));
    return { rhythm: { kind: "dates", interval, months, dates: [date] }, ...rest };
  }
  const product = plain || found.some(({ nth }) => nth === 0) ? undefined : readProduct(found);
  return product === undefined
    ? undefined
    : { rhythm: { kind: "monthly", interval, months, ...product }, ...rest };
}

function writeRhythm(rhythm: Rhythm): string[] {
  switch (rhythm.kind) {
    case "weekly":
      return [
        "FREQ=WEEKLY",
        ...(rhythm.interval === 1 ? [] : [`INTERVAL=${rhythm.interval}`]),
        `BYDAY=${sortedDays(rhythm.days).join(",")}`,
      ];
    case "odd":
    case "even":
      return [
        "FREQ=YEARLY",
        `BYWEEKNO=${rhythm.kind === "odd" ? odd : even}`,
        `BYDAY=${sortedDays(rhythm.days).join(",")}`,
      ];
    default: {
      const { interval, months } = rhythm;
      const which =
        rhythm.kind === "monthly"
          ? `BYDAY=${nths
              .filter((nth) => rhythm.nths.includes(nth))
              .flatMap((nth) => sortedDays(rhythm.days).map((day) => `${nth}${day}`))
              .join(",")}`
          : `BYMONTHDAY=${rhythm.dates.join(",")}`;
      return [
        "FREQ=MONTHLY",
        // Every second month of May and June is nothing that anybody means.
        ...(interval === 1 || months.length > 0 ? [] : [`INTERVAL=${interval}`]),
        ...(months.length === 0 ? [] : [`BYMONTH=${months.toSorted((a, b) => a - b).join(",")}`]),
        which,
      ];
    }
  }
}

/** Writes an RRULE. */
export function writeRecurrence({ rhythm, until, count }: Recurrence): string {
  return [
    ...writeRhythm(rhythm),
    ...(count === undefined ? [] : [`COUNT=${count}`]),
    ...(count === undefined && until !== "" ? [`UNTIL=${until.replaceAll("-", "")}`] : []),
  ].join(";");
}
