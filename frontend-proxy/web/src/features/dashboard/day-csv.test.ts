import i18next from "i18next";
import { expect, it } from "vitest";
import type { DaySummary } from "@/shared/api/types";
import { makeDashboardRun } from "@/shared/testing/data";
import { dayCsv } from "./day-csv";

it("has a line for each run, which no spreadsheet takes for a formula", () => {
  const { progress: _, ...run } = makeDashboardRun();
  const day = (changes: object): DaySummary["runs"][number] => ({
    ...run,
    status: "completed",
    started_at: "2026-05-04T07:00:00Z",
    completed_at: "2026-05-04T08:35:00Z",
    worked_minutes: 95,
    agreed_minutes: 80,
    stops: 12,
    stops_done: 9,
    stops_skipped: 3,
    stops_failed: 0,
    remarks: 0,
    cancel_reason: "",
    late_minutes: 0,
    late_reason: "none",
    late_since: null,
    ...changes,
  });
  const summary = {
    date: "2026-05-04",
    runs: [
      day({}),
      ...["=1+1", "+32", "-5", "@a", "\tx", 'Zei "nee"; toch', "gewoon"].map((cancel_reason) =>
        day({ status: "cancelled", worked_minutes: null, completed_at: null, cancel_reason }),
      ),
    ],
  } as DaySummary;
  const text = dayCsv(i18next.t, summary, "nl");
  expect(text.startsWith("\ufeffDag;Ronde;")).toBe(true);
  const lines = text.split("\r\n");
  expect(lines[1]).toBe(
    "2026-05-04;Centrum-Noord;Gent Centrum;Lotte De Smet;klaar;09:00;10:35;95;80;12;9;3;0;0;;",
  );
  expect(lines.slice(2, -1).map((line) => line.split(";").slice(15).join(";"))).toEqual([
    "'=1+1",
    "'+32",
    "'-5",
    "'@a",
    "'\tx",
    '"Zei ""nee""; toch"',
    "gewoon",
  ]);
  expect(lines.at(-1)).toBe("");
});
