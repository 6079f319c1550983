import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Hours, WorkedRun } from "@/shared/api/types";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { csvOf } from "./csv";
import { HoursPage } from "./hours-page";
import { addMonths, weeksOf } from "./months";

const run = (id: number, date: string, change: Partial<WorkedRun> = {}): WorkedRun => ({
  id,
  date,
  tour: { id, name: `Ronde ${id}` },
  status: "completed",
  stops: 4,
  started_at: `${date}T17:00:00Z`,
  completed_at: `${date}T18:30:00Z`,
  worked_minutes: 90,
  agreed_minutes: 80,
  ...change,
});
const planned = {
  status: "planned",
  started_at: null,
  completed_at: null,
  worked_minutes: null,
} as const;

const november: Hours = {
  worker_id: 3,
  from: "2026-10-26",
  to: "2026-12-06",
  weekly_minutes: 600,
  worked_minutes: 270,
  agreed_minutes: 400,
  weeks: [
    { monday: "2026-10-26", worked_minutes: 180, agreed_minutes: 160, runs: 2 },
    { monday: "2026-11-16", worked_minutes: 90, agreed_minutes: 80, runs: 1 },
    { monday: "2026-11-23", worked_minutes: 0, agreed_minutes: 160, runs: 2 },
  ],
  runs: [
    run(1, "2026-10-31"),
    run(2, "2026-11-01"),
    run(3, "2026-11-18"),
    run(4, "2026-11-25", planned),
    run(5, "2026-11-27", planned),
  ],
};

function show(answer: () => Response = () => HttpResponse.json(november)) {
  const asked = vi.fn();
  server.use(
    http.get(at("/me/hours"), ({ request }) => {
      asked(new URL(request.url).search);
      return answer();
    }),
  );
  renderPage(<HoursPage month="2026-11" />);
  return asked;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-25T11:00:00Z") });
  return () => vi.useRealTimers();
});

describe("a month of hours", () => {
  it("shows today first, then what comes, then the weeks before with their sums", async () => {
    const asked = show();
    const sections = await screen.findAllByRole("region");
    expect(sections.map((section) => section.getAttribute("aria-label"))).toEqual([
      "Vandaag",
      "Komt nog",
      expect.stringMatching(/^Week van .*16/),
      expect.stringMatching(/^Week van .*26/),
    ]);
    expect(asked).toHaveBeenCalledWith("?from=2026-10-26&to=2026-12-06");
    expect(screen.getByText("3 u 00")).toBeVisible();
    const week = within(sections[3] as HTMLElement);
    expect(week.getByText("3 u 00 van 10 u 00")).toBeVisible();
    expect(week.getAllByRole("listitem")).toHaveLength(1);
    expect(screen.queryByText("Ronde 1")).not.toBeInTheDocument();
    expect(week.getByText("1 u 30 gewerkt, 1 u 20 afgesproken")).toBeVisible();
  });

  it("leads to the months beside it", async () => {
    show();
    expect(await screen.findByRole("link", { name: "Vorige maand" })).toHaveAttribute(
      "href",
      expect.stringContaining("2026-10"),
    );
    expect(screen.getByRole("link", { name: "Volgende maand" })).toHaveAttribute(
      "href",
      expect.stringContaining("2026-12"),
    );
  });

  it("says that there is nothing", async () => {
    show(() => HttpResponse.json({ ...november, runs: [], weeks: [] }));
    expect(await screen.findByText(/Geen ritten in november 2026/)).toBeVisible();
  });

  it("can be asked again after a failure", async () => {
    show(() => HttpResponse.json({ code: "internal" }, { status: 500 }));
    expect(await screen.findByRole("button", { name: "Probeer opnieuw" })).toBeVisible();
  });
});

describe("what months and files are made of", () => {
  it("counts months over the year", () => {
    expect(addMonths("2026-12", 1)).toBe("2027-01");
    expect(addMonths("2026-01", -1)).toBe("2025-12");
    expect(weeksOf("2026-02")).toEqual({ from: "2026-01-26", to: "2026-03-01" });
  });

  it("writes nothing that a spreadsheet runs", () => {
    expect(csvOf([["=1+1", 'a "b"; c']])).toBe('\uFEFF"\'=1+1";"a ""b""; c"\r\n');
  });
});
