import { describe, expect, it } from "vitest";
import type { CalendarBuilding, CalendarCollection } from "@/shared/api/types";
import { daysBetween, weekNumber } from "@/shared/day-grid/period";
import { offsetsOf, visibleRange } from "@/shared/day-grid/rows";
import { makeBuilding } from "@/shared/testing/data";
import { periodOf, turned } from "./period";
import { byBuilding, patched, replaced, rowMaker, withPending } from "./rows";

function buildingOf(id: number): CalendarBuilding {
  const { name, address } = makeBuilding();
  return { id, name, address, region_id: 1, archived: false };
}

function collectionOf(
  id: number,
  building_id: number,
  date: string,
  type = "PMD",
): CalendarCollection {
  return {
    id,
    building_id,
    type,
    date,
    note: "",
    put_out: true,
    bring_in: true,
    time_from: "",
    time_to: "",
    rule_id: null,
    changed: false,
    version: 1,
  };
}

const days = daysBetween("2026-11-23", "2026-11-29");
const known = byBuilding([
  collectionOf(1, 1, "2026-11-24"),
  collectionOf(2, 1, "2026-11-24", "GFT"),
  collectionOf(3, 2, "2026-11-25"),
]);
const buildings = [buildingOf(1), buildingOf(2), buildingOf(3)];
const idsOf = (list: readonly { id: number }[] | undefined) => list?.map(({ id }) => id);

describe("periods", () => {
  it("are whole months and weeks from Monday to Sunday", () => {
    expect(periodOf("month", "2026-02-14")).toEqual({ from: "2026-02-01", to: "2026-02-28" });
    expect(periodOf("week", "2026-11-29")).toEqual({ from: "2026-11-23", to: "2026-11-29" });
    expect(periodOf("list", "2026-11-23")).toEqual({ from: "2026-11-23", to: "2026-11-29" });
  });

  it("turn over the end of a year, and from the 31st to a month with fewer days", () => {
    expect(turned("month", "2026-12-31", 1)).toBe("2027-01-01");
    expect(turned("month", "2026-03-31", -1)).toBe("2026-02-01");
    expect(turned("week", "2027-01-01", -1)).toBe("2026-12-21");
  });

  it("number the weeks as ISO 8601 does", () => {
    expect(["2026-01-01", "2026-11-26", "2027-01-03", "2027-01-04"].map(weekNumber)).toEqual([
      1, 48, 53, 1,
    ]);
  });
});

describe("the rows", () => {
  it("have the collections of each day in the order of their kinds, and know the fullest day", () => {
    const [first, second, third] = rowMaker()(buildings, patched(known, []), days, []);
    expect(first?.cells.map(idsOf)).toEqual([[], [1, 2], [], [], [], [], []]);
    expect([first?.most, second?.most, third?.most]).toEqual([2, 1, 0]);
  });

  it("leave out other kinds and days", () => {
    const rows = rowMaker()(buildings, known, ["2026-11-24"], ["GFT"]);
    expect(rows.map(({ cells }) => cells.map(idsOf))).toEqual([[[2]], [[]], [[]]]);
  });

  it("stay the same objects for buildings of which nothing has changed", () => {
    const make = rowMaker();
    const before = make(buildings, known, days, []);
    const after = make(buildings, patched(known, [collectionOf(3, 2, "2026-11-26")]), days, []);
    expect(after[0]).toBe(before[0]);
    expect(after[2]).toBe(before[2]);
    expect(after[1]?.cells.map(idsOf)).toEqual([[], [], [], [3], [], [], []]);
  });
});

describe("what is on its way", () => {
  it("is shown as if it had arrived, and gone again when it is refused", () => {
    const pending = [
      { key: "a", changed: [collectionOf(1, 1, "2026-11-27")], removed: [3] },
      { key: "b", changed: [collectionOf(-1, 3, "2026-11-27")], removed: [] },
    ];
    const shown = withPending(known, pending);
    expect(shown.get(1)?.map(({ id, date }) => `${id} ${date}`)).toEqual([
      "2 2026-11-24",
      "1 2026-11-27",
    ]);
    expect(idsOf(shown.get(2))).toEqual([]);
    expect(idsOf(shown.get(3))).toEqual([-1]);
    expect(withPending(known, [])).toBe(known);
  });

  it("is not shown twice when what was made is known already", () => {
    const copy = { key: "a", changed: [collectionOf(-1, 2, "2026-11-25")], removed: [] };
    expect(idsOf(withPending(known, [copy]).get(2))).toEqual([3]);
  });
});

it("what an event is about is replaced by what was read, and nothing else", () => {
  const span = { buildings: [1, 2], from: "2026-11-24", to: "2026-11-24" };
  const after = replaced(known, span, [collectionOf(9, 1, "2026-11-24")]);
  expect(idsOf(after.get(1))).toEqual([9]);
  expect(after.get(2)).toBe(known.get(2));
});

it("only what lies between two places is shown", () => {
  const rows = rowMaker()(buildings, known, days, []);
  const offsets = offsetsOf(rows, ({ most }) => 10 * (most + 1));
  expect(offsets).toEqual([0, 30, 50, 60]);
  expect(visibleRange(offsets, 0, 29)).toEqual({ first: 0, last: 0 });
  expect(visibleRange(offsets, 30, 50)).toEqual({ first: 1, last: 2 });
  expect(visibleRange(offsets, -100, 1000)).toEqual({ first: 0, last: 2 });
  expect(visibleRange([0], 0, 100)).toEqual({ first: 0, last: -1 });
});
