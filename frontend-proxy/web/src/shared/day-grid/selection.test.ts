import { describe, expect, it } from "vitest";
import type { DayRow } from "./rows";
import {
  clamped,
  extendedTo,
  itemsIn,
  moved,
  nothing,
  type Place,
  ranged,
  toggled,
} from "./selection";

// Two on the first day of the first row, one on the second day of the second one.
const rows: DayRow[] = [
  { id: 1, cells: [[{ id: 1 }, { id: 2 }], [], []], most: 2 },
  { id: 2, cells: [[], [{ id: 3 }], []], most: 1 },
  { id: 3, cells: [[], [], []], most: 0 },
];
const at = (row: number, column: number, slot = 0): Place => ({ row, column, slot });

describe("the arrows", () => {
  it("go through the items of a day, and then to the next row", () => {
    expect(moved(rows, 3, at(0, 0), "down")).toEqual(at(0, 0, 1));
    expect(moved(rows, 3, at(0, 0, 1), "down")).toEqual(at(1, 0));
    expect(moved(rows, 3, at(1, 0), "up")).toEqual(at(0, 0, 1));
    expect(moved(rows, 3, at(0, 0, 1), "up")).toEqual(at(0, 0));
  });

  it("stop at the edges", () => {
    expect(moved(rows, 3, at(0, 0), "up")).toEqual(at(0, 0));
    expect(moved(rows, 3, at(0, 0), "left")).toEqual(at(0, 0));
    expect(moved(rows, 3, at(2, 2), "down")).toEqual(at(2, 2));
    expect(moved(rows, 3, at(2, 2), "right")).toEqual(at(2, 2));
    expect(moved(rows, 3, at(0, 1), "pageDown")).toEqual(at(2, 1));
  });

  it("lead to the ends of the row and of the column", () => {
    expect(moved(rows, 3, at(1, 1), "start")).toEqual(at(1, 0));
    expect(moved(rows, 3, at(1, 1), "end")).toEqual(at(1, 2));
    expect(moved(rows, 3, at(1, 1), "top")).toEqual(at(0, 1));
    expect(moved(rows, 3, at(1, 1), "bottom")).toEqual(at(2, 1));
  });

  it("go on from what is left when a collection or a building has gone", () => {
    expect(clamped(rows, 3, at(0, 0, 5))).toEqual(at(0, 0, 1));
    expect(clamped(rows, 3, at(9, 9, 9))).toEqual(at(2, 2));
  });
});

describe("the selection", () => {
  it("takes a collection, and gives it back", () => {
    const one = toggled(nothing, [1]);
    expect([...one.ids]).toEqual([1]);
    expect([...toggled(one, [1]).ids]).toEqual([]);
    expect([...toggled(one, [1, 2]).ids]).toEqual([1, 2]);
  });

  it("spans days and buildings with Shift, from where it began", () => {
    const down = extendedTo(rows, 3, at(0, 0, 1), "down");
    expect(down).toEqual(at(1, 0));
    const first = ranged(rows, nothing, at(0, 0), down);
    expect([...first.ids]).toEqual([1, 2]);
    const second = ranged(rows, first, down, extendedTo(rows, 3, down, "right"));
    expect([...second.ids]).toEqual([1, 2, 3]);
    // Back again: what is not spanned any more is not chosen.
    expect([...ranged(rows, second, at(1, 1), at(0, 0)).ids]).toEqual([1, 2]);
  });

  it("keeps what was chosen before the range", () => {
    const before = toggled(nothing, [3]);
    expect([...ranged(rows, before, at(0, 0), at(0, 1)).ids].sort()).toEqual([1, 2, 3]);
  });

  it("has the collections of a rectangle, whichever corner comes first", () => {
    const ids = itemsIn(rows, { from: at(1, 1), to: at(0, 0) }).map(({ id }) => id);
    expect(ids).toEqual([1, 2, 3]);
  });
});
