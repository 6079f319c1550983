import { describe, expect, it } from "vitest";
import type { PlanningRun, PlanningTour, PlanningWorker } from "@/shared/api/types";
import { daysBetween } from "@/shared/day-grid/period";
import { newRun, patched, planRows, shortName, withPending, workOn } from "./plan";

const from = "2026-11-23"; // a Monday
const to = "2026-11-29";
const days = daysBetween(from, to);

function worker(id: number, changes: Partial<PlanningWorker> = {}): PlanningWorker {
  return {
    id,
    first_name: `First${id}`,
    last_name: `Last${id}`,
    region_ids: [1],
    can_work: true,
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    weekly_minutes: 0,
    absences: [],
    ...changes,
  };
}

function tour(id: number, changes: Partial<PlanningTour> = {}): PlanningTour {
  return {
    id,
    name: `Tour ${id}`,
    region: { id: 1, name: "Gent" },
    archived: false,
    stops: 3,
    agreed_minutes: 30,
    hides_idle_stops: false,
    work: days.map((date) => ({ date, stops: 2, agreed_minutes: 20 })),
    ...changes,
  };
}

function run(id: number, worker_id: number, tour_id: number, day: number): PlanningRun {
  return {
    id,
    worker_id,
    tour_id,
    date: days[day] ?? "",
    status: "planned",
    stops: 3,
    agreed_minutes: 30,
    version: 1,
    stops_changed: false,
  };
}

const plan = (workers: PlanningWorker[], tours: PlanningTour[]) => ({
  from,
  to,
  workers,
  tours,
  runs_of_others: [],
});

describe("what does not fit", () => {
  function conflicts(
    workers: PlanningWorker[],
    tours: PlanningTour[],
    ...runs: PlanningRun[]
  ): string[] {
    const [row] = planRows()(plan(workers, tours), runs, days, "people");
    return [...(row?.cells.flat()[0]?.conflicts ?? [])];
  }

  it("is nothing as a rule", () => {
    expect(conflicts([worker(1)], [tour(1)], run(1, 1, 1, 0))).toEqual([]);
  });

  it.each([
    ["other_region", worker(1, { region_ids: [2] }), tour(1)],
    [
      "absent",
      worker(1, { absences: [{ first_day: from, last_day: from, reason: "ill" }] }),
      tour(1),
    ],
    ["other_weekdays", worker(1, { weekdays: [2] }), tour(1)],
    ["no_collections", worker(1), tour(1, { work: [] })],
    ["cannot_work", worker(1, { can_work: false, region_ids: [] }), tour(1)],
  ])("is %s", (conflict, someone, something) => {
    expect(conflicts([someone], [something], run(1, 1, 1, 0))).toEqual([conflict]);
  });

  it("is a second person on the tour that day, for both", () => {
    const runs = [run(1, 1, 1, 0), run(2, 2, 1, 0), run(3, 2, 1, 1)];
    const rows = planRows()(plan([worker(1), worker(2)], [tour(1)]), runs, days, "people");
    const all = rows.map(({ cells }) => cells.flat().map((item) => item.conflicts));
    expect(all).toEqual([[["second_person"]], [["second_person"], []]]);
  });

  it("is not asked of what has begun", () => {
    const begun: PlanningRun = { ...run(1, 1, 1, 0), status: "started" };
    expect(conflicts([worker(1, { region_ids: [] })], [tour(1)], begun)).toEqual([]);
  });
});

describe("rows", () => {
  it("are people with their load and days off, or tours with days without collections", () => {
    const someone = worker(1, { weekly_minutes: 600, weekdays: [1, 2, 3, 4, 5] });
    const something = tour(1, { work: [{ date: from, stops: 1, agreed_minutes: 10 }] });
    const runs = [run(1, 1, 1, 0), run(2, 1, 1, 2)];
    const [person] = planRows()(plan([someone], [something]), runs, days, "people");
    expect(person).toMatchObject({ id: 1, minutes: 60, agreed: 600, most: 1 });
    expect(person?.off.filter((off) => off === "other_weekdays")).toHaveLength(2);
    const [line] = planRows()(plan([someone], [something]), runs, days, "tours");
    expect(line?.off.filter((off) => off === "no_collections")).toHaveLength(6);
    expect(line?.agreed).toBe(0);
  });

  it("stay the same objects when nothing of them changes", () => {
    const make = planRows();
    const of = plan([worker(1), worker(2)], [tour(1), tour(2)]);
    const runs = [run(1, 1, 1, 0), run(2, 2, 2, 0)];
    const before = make(of, runs, days, "people");
    const after = make(of, [run(3, 1, 2, 3), ...runs], days, "people");
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).toBe(before[1]);
  });
});

describe("runs that change", () => {
  const known = [{ ...run(1, 1, 1, 0), version: 3 }, run(2, 1, 1, 1)];

  it("do not cover what is newer, and leave the plan with their day", () => {
    const after = patched(
      known,
      [
        { ...run(1, 2, 1, 5), version: 2 },
        { ...run(2, 1, 1, 1), version: 2, date: "2026-12-01" },
      ],
      [],
      { from, to },
    );
    expect(after).toEqual([known[0]]);
  });

  it("are shown while they are on their way, each once", () => {
    const made = newRun(-1, { tour_id: 1, worker_id: 2, date: days[4] ?? "" }, tour(1));
    const pending = [{ key: "1", changed: [made], removed: [2] }];
    expect(withPending(known, pending).map(({ id }) => id)).toEqual([1, -1]);
    const told = [...known, run(9, 2, 1, 4)];
    expect(withPending(told, pending).map(({ id }) => id)).toEqual([1, 9]);
  });

  it("have on their day what the tour has to do then", () => {
    expect(workOn(tour(1), from)).toEqual({ stops: 3, agreed_minutes: 30 });
    const hiding = tour(1, { hides_idle_stops: true });
    expect(workOn(hiding, from)).toEqual({ stops: 2, agreed_minutes: 20 });
    expect(workOn(hiding, "2027-01-01")).toEqual({ stops: 0, agreed_minutes: 0 });
  });
});

it("a name is short where there is no room", () => {
  expect(shortName("Centrum-Noord")).toBe("CN");
  expect(shortName("Ledeberg en Gentbrugge Zuid")).toBe("LEG");
  expect(shortName("Dampoort")).toBe("Dam");
});
