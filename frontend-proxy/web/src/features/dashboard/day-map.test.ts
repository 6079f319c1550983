import { describe, expect, it } from "vitest";
import type { DayStops } from "@/shared/api/types";
import { makeDashboardRun, makeRun, makeStop } from "@/shared/testing/data";
import { stopsNow } from "./day-map";

function stop(
  position: number,
  segment: DayStops["items"][number]["segment"] = "open",
): DayStops["items"][number] {
  const { id, name, address } = makeStop(position).building;
  return { run_id: 12, position, building: { id, name, address }, coordinates: null, segment };
}

const stops = [1, 2, 3, 4].map((position) => stop(position));
const segments = ["done", "inside", "skipped", "open"] as const;

describe("the stops on the map", () => {
  it("stand as their run is now", () => {
    const run = makeDashboardRun({ progress: { ...makeRun().progress, segments: [...segments] } });
    expect(stopsNow(stops, [run]).map(({ state }) => state)).toEqual([
      "done",
      "under_way",
      "skipped",
      "open",
    ]);
  });

  it("that are open are late while their run is", () => {
    const run = makeDashboardRun({
      late_minutes: 5,
      late_reason: "behind",
      progress: { ...makeRun().progress, segments: [...segments] },
    });
    expect(stopsNow(stops, [run]).map(({ state }) => state)).toEqual([
      "done",
      "under_way",
      "skipped",
      "late",
    ]);
  });

  it("keep what was read while a run that has just started has others", () => {
    const run = makeDashboardRun({ progress: { ...makeRun().progress, segments: ["done"] } });
    expect(stopsNow([stop(1, "failed"), stop(2)], [run]).map(({ state }) => state)).toEqual([
      "failed",
      "open",
    ]);
  });

  it("are not there of runs that were cancelled or are not shown", () => {
    expect(stopsNow(stops, [])).toEqual([]);
    expect(stopsNow(stops, [makeDashboardRun({ status: "cancelled" })])).toEqual([]);
  });
});
