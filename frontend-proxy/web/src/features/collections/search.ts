import type { Place } from "./queries";

/** What can be chosen, in the order in which it is offered. */
export const views = ["month", "week", "list"] as const;

export type View = (typeof views)[number];

/** What the address says that is shown. */
export type CollectionsSearch = Place & {
  view?: View | undefined;
  date?: string | undefined;
  kind?: string[] | undefined;
};

/** Codes of kinds of waste, each once; a single one may stand for itself. None when there are none. */
export function wasteCodesOrNone(value: unknown): string[] | undefined {
  const codes = [...new Set(Array.isArray(value) ? value : [value])];
  const known = codes.filter(
    (code): code is string => typeof code === "string" && /^[A-Z0-9]{2,10}$/.test(code),
  );
  return known.length > 0 && known.length === codes.length && known.length <= 100
    ? known
    : undefined;
}
