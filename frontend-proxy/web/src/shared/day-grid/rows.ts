/** What stands in a grid: below 0 is the id of what is on its way to the server. */
export type DayItem = { id: number };

/** A row of a grid of days. */
export type DayRow<Item extends DayItem = DayItem> = {
  id: number;
  /** By day, in the order of the days; a day without any has an empty list. */
  cells: readonly (readonly Item[])[];
  /** The largest number of items on a day. */
  most: number;
};

/** Where each row begins, in pixels, and at the end where the last one ends. */
export function offsetsOf<Row extends DayRow>(
  rows: readonly Row[],
  heightOf: (row: Row) => number,
): number[] {
  const offsets = [0];
  let end = 0;
  for (const row of rows) {
    end += heightOf(row);
    offsets.push(end);
  }
  return offsets;
}

/** The first and the last of what begins at the offsets that lies between two places; last is -1 when there is none. */
export function visibleRange(
  offsets: readonly number[],
  top: number,
  bottom: number,
): { first: number; last: number } {
  return offsets.length === 1
    ? { first: 0, last: -1 }
    : { first: indexAt(offsets, top), last: indexAt(offsets, bottom) };
}

/** The last of what begins at the offsets that begins at or before a place; the first one when none does. */
export function indexAt(offsets: readonly number[], place: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= place) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

/** Which of some ids a row has, between commas: a text is the same when nothing changed. */
export function idsIn(row: DayRow, ids: ReadonlySet<number>): string {
  if (ids.size === 0) {
    return "";
  }
  let text = "";
  for (const cell of row.cells) {
    for (const { id } of cell) {
      if (ids.has(id)) {
        text += `${id},`;
      }
    }
  }
  return text === "" ? "" : `,${text}`;
}

/** Whether an id is among those that idsIn has found. */
export function hasId(ids: string, id: number): boolean {
  return ids !== "" && ids.includes(`,${id},`);
}

/** What many cells say of few days, each looked up once. */
export function rememberedTexts(text: (day: string) => string): (day: string) => string {
  const known = new Map<string, string>();
  return (day) => {
    const found = known.get(day) ?? text(day);
    known.set(day, found);
    return found;
  };
}
