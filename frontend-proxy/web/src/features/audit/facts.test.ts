import { describe, expect, it } from "vitest";
import { changedFacts } from "./facts";

describe("what differs", () => {
  it("is what both sides hold otherwise, without counters", () => {
    const before = { name: "Lys", region_ids: [1, 2], bus: "", version: 1, sort_key: "a" };
    const after = { name: "Leie", region_ids: [2, 1], bus: "", version: 2, sort_key: "b" };
    expect(changedFacts(before, after)).toEqual([
      { field: "name", was: "Lys", is: "Leie" },
      { field: "region_ids", was: [1, 2], is: [2, 1] },
    ]);
  });

  it("is also what one side does not know at all", () => {
    const before = { role: "student", language: "nl" };
    const after = { role: "student", language: "fr", changed: ["phone", "language"] };
    expect(changedFacts(before, after)).toEqual([
      { field: "language", was: "nl", is: "fr" },
      { field: "changed", is: ["phone"] },
    ]);
    expect(changedFacts({ reason: null }, { reason: "dicht" })).toEqual([
      { field: "reason", was: null, is: "dicht" },
    ]);
  });

  it("is everything that something new held, and that something gone has held", () => {
    const facts = { id: 3, name: "Noord", bus: "", active: false, stops: [] };
    expect(changedFacts(null, facts)).toEqual([
      { field: "name", is: "Noord" },
      { field: "active", is: false },
    ]);
    expect(changedFacts(facts, null)).toEqual([
      { field: "name", was: "Noord" },
      { field: "active", was: false },
    ]);
  });

  it("is nothing where nothing was kept", () => {
    expect(changedFacts(null, null)).toEqual([]);
    expect(changedFacts({ role: "admin" }, { role: "admin" })).toEqual([]);
  });
});
