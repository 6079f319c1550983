/**
 * The parts that the texts are kept in: `<language>/<area>.json`. `start` comes with the app, the others with the pages
 * that name them in the router. A new area is added here and in i18next.d.ts.
 */
export const areas = [
  "start",
  "shell",
  "account",
  "runs",
  "office",
  "day",
  "buildings",
  "calendars",
  "mail",
  "audit",
  "collections",
  "grid",
  "planning",
  "availability",
  "map",
  "rules",
  "waste",
  "incidents",
  "swaps",
  "notifications",
  "hours",
  "work",
] as const;

export type Area = (typeof areas)[number];
