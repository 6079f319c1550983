import type { DayItem, DayRow } from "./rows";

/** A place in the grid: a day of a row, and which of its items; 0 where there is none. */
export type Place = { row: number; column: number; slot: number };

export type Direction =
  | "up"
  | "down"
  | "left"
  | "right"
  | "start"
  | "end"
  | "top"
  | "bottom"
  | "pageUp"
  | "pageDown";

/** A rectangle of places, in any order. */
export type Range = { from: Place; to: Place };

export type Selection = {
  ids: ReadonlySet<number>;
  /** What Shift has spanned; its days and rows are those of new items. */
  range: Range | undefined;
  /** What was chosen before the range. */
  base: ReadonlySet<number>;
};

export const nothing: Selection = { ids: new Set(), range: undefined, base: new Set() };

const page = 8;

function slots(rows: readonly DayRow[], row: number, column: number): number {
  return rows[row]?.cells[column]?.length ?? 0;
}

/** The place nearest to one that may not exist any more. */
export function clamped(rows: readonly DayRow[], columns: number, place: Place): Place {
  const row = Math.max(0, Math.min(rows.length - 1, place.row));
  const column = Math.max(0, Math.min(columns - 1, place.column));
  const slot = Math.max(0, Math.min(slots(rows, row, column) - 1, place.slot));
  return { row, column, slot };
}

/** Where a key leads. Up and down go through the items of a day, and then on to the next row. */
export function moved(
  rows: readonly DayRow[],
  columns: number,
  place: Place,
  to: Direction,
): Place {
  const { row, column, slot } = place;
  const go = (next: Place) => clamped(rows, columns, next);
  const last = Number.MAX_SAFE_INTEGER;
  switch (to) {
    case "up":
      if (slot > 0) {
        return { row, column, slot: slot - 1 };
      }
      return row === 0 ? place : go({ row: row - 1, column, slot: last });
    case "down":
      if (slot + 1 < slots(rows, row, column)) {
        return { row, column, slot: slot + 1 };
      }
      return row === rows.length - 1 ? place : go({ row: row + 1, column, slot: 0 });
    case "left":
      return go({ row, column: column - 1, slot });
    case "right":
      return go({ row, column: column + 1, slot });
    case "start":
      return go({ row, column: 0, slot: 0 });
    case "end":
      return go({ row, column: columns - 1, slot: 0 });
    case "top":
      return go({ row: 0, column, slot: 0 });
    case "bottom":
      return go({ row: rows.length - 1, column, slot: 0 });
    case "pageUp":
      return go({ row: row - page, column, slot: 0 });
    case "pageDown":
      return go({ row: row + page, column, slot: 0 });
  }
}

/** The same with Shift: by day and row, whatever is there. */
export function extendedTo(
  rows: readonly DayRow[],
  columns: number,
  place: Place,
  to: Direction,
): Place {
  const first = { ...place, slot: to === "up" ? 0 : Number.MAX_SAFE_INTEGER };
  const next = moved(rows, columns, clamped(rows, columns, first), to);
  return { ...next, slot: 0 };
}

/** The corners of a range, smallest first. */
export function cornersOf({ from, to }: Range) {
  return {
    top: Math.min(from.row, to.row),
    bottom: Math.max(from.row, to.row),
    left: Math.min(from.column, to.column),
    right: Math.max(from.column, to.column),
  };
}

/** The items in a range. */
export function itemsIn<Item extends DayItem>(rows: readonly DayRow<Item>[], range: Range): Item[] {
  const { top, bottom, left, right } = cornersOf(range);
  return rows
    .slice(top, bottom + 1)
    .flatMap(({ cells }) => cells.slice(left, right + 1).flatMap((cell) => [...cell]));
}

/** The selection with the range from its anchor to a place. */
export function ranged(
  rows: readonly DayRow[],
  selection: Selection,
  anchor: Place,
  to: Place,
): Selection {
  const range = { from: selection.range?.from ?? anchor, to };
  const ids = new Set(selection.base);
  for (const { id } of itemsIn(rows, range)) {
    ids.add(id);
  }
  return { ids, range, base: selection.base };
}

/** The selection with these, or without them when all of them are chosen already. */
export function toggled(selection: Selection, ids: readonly number[]): Selection {
  const next = new Set(selection.ids);
  const all = ids.length > 0 && ids.every((id) => next.has(id));
  for (const id of ids) {
    if (all) {
      next.delete(id);
    } else {
      next.add(id);
    }
  }
  return { ids: next, range: undefined, base: next };
}

/** The items on screen that are chosen. */
export function chosenIn<Item extends DayItem>(
  rows: readonly DayRow<Item>[],
  ids: ReadonlySet<number>,
): Item[] {
  const chosen: Item[] = [];
  if (ids.size === 0) {
    return chosen;
  }
  for (const { cells } of rows) {
    for (const cell of cells) {
      for (const item of cell) {
        if (ids.has(item.id)) {
          chosen.push(item);
        }
      }
    }
  }
  return chosen;
}
