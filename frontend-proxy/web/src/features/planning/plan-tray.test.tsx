import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, it, vi } from "vitest";
import type { Need, PlanningWorker, WeekPlan } from "@/shared/api/types";
import { makeRun } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { PlanTray } from "./plan-tray";
import type { PlannerTools } from "./planner-page";
import { plannedOf } from "./use-plan-events";

const region = { id: 1, name: "Gent-Centrum" };
const noord = { id: 1, name: "Centrum Noord" };

function worker(id: number, first_name: string): PlanningWorker {
  return {
    id,
    first_name,
    last_name: "Claes",
    region_ids: [1],
    can_work: true,
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    weekly_minutes: 0,
    absences: [],
  };
}

const plan: WeekPlan = {
  from: "2026-11-30",
  to: "2026-12-06",
  workers: [worker(3, "Emma"), worker(4, "Noor")],
  tours: [
    {
      ...noord,
      region,
      archived: false,
      stops: 3,
      agreed_minutes: 30,
      hides_idle_stops: false,
      work: [],
    },
  ],
  runs: [],
  runs_of_others: [],
};

const need = (date: string): Need => ({ tour: noord, region, date, agreed_minutes: 30 });
const person = (id: number, first_name: string) => ({
  worker: { id, first_name, last_name: "Claes", phone: "" },
  region_ids: [1],
});

function tools(changes: Partial<WeekPlan> = {}) {
  return {
    plan: { ...plan, ...changes },
    days: ["2026-11-30", "2026-12-06"],
    region: undefined,
    planNeeded: vi.fn<PlannerTools["planNeeded"]>(),
    workerAt: () => undefined,
    moveRuns: vi.fn<PlannerTools["moveRuns"]>(),
    cancelRuns: vi.fn<PlannerTools["cancelRuns"]>(),
    tellPlanned: vi.fn<PlannerTools["tellPlanned"]>(),
  };
}

beforeEach(() => {
  server.use(
    http.get(at("/planning/needs"), () =>
      HttpResponse.json({ items: [need("2026-11-30"), need("2026-12-03")], count: 2 }),
    ),
    http.get(at("/planning/conflicts"), () => HttpResponse.json({ items: [] })),
    http.get(at("/swaps"), () => HttpResponse.json({ items: [], next_cursor: "" })),
  );
});

it("gives a run that nobody has, and forgets it once it is planned", async () => {
  const given = tools();
  renderPage(<PlanTray tools={given} />);
  expect(await screen.findByText("2 ritten hebben nog niemand")).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: /^Geef Centrum Noord op .*30 nov/ }));
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(dialog.getByRole("combobox", { name: "Medewerker" }));
  await userEvent.click(await screen.findByRole("option", { name: /Noor/ }));
  await userEvent.click(dialog.getByRole("button", { name: "Geef de rit" }));
  expect(given.planNeeded).toHaveBeenCalledWith([{ tour_id: 1, worker_id: 4, date: "2026-11-30" }]);
});

it("does not ask for what was planned a moment ago", async () => {
  const run = {
    id: 9,
    tour_id: 1,
    worker_id: 3,
    date: "2026-11-30",
    status: "planned" as const,
    stops: 3,
    agreed_minutes: 30,
    version: 1,
    stops_changed: false,
  };
  renderPage(<PlanTray tools={tools({ runs: [run] })} />);
  expect(await screen.findByText("1 rit heeft nog niemand")).toBeVisible();
});

it("fills the week with what is proposed, but for what the office leaves out or changes", async () => {
  server.use(
    http.post(at("/planning/fill/preview"), () =>
      HttpResponse.json({
        proposals: [
          { need: need("2026-11-30"), worker_id: 3, because: "usual", obstacles: [] },
          { need: need("2026-12-01"), worker_id: 3, because: "usual", obstacles: [] },
          { need: need("2026-12-02"), worker_id: 3, because: "region", obstacles: [] },
          {
            need: need("2026-12-03"),
            worker_id: 0,
            because: "",
            obstacles: [{ reason: "absent", count: 2 }],
          },
        ],
        workers: [person(3, "Emma"), person(4, "Noor")],
      }),
    ),
  );
  const given = tools();
  renderPage(<PlanTray tools={given} />);
  await screen.findByText("2 ritten hebben nog niemand");
  await userEvent.click(screen.getByRole("button", { name: "Vul de week …" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(await dialog.findByText("3 van 4 worden gepland. Voor 1 past niemand.")).toBeVisible();
  expect(dialog.getByText("Niemand past: 2 afwezig")).toBeVisible();
  await userEvent.click(dialog.getByRole("checkbox", { name: /1 dec/ }));
  await userEvent.click(dialog.getByRole("combobox", { name: /2 dec/ }));
  await userEvent.click(await screen.findByRole("option", { name: /Noor/ }));
  expect(dialog.getByText("Zelf gekozen")).toBeVisible();
  await userEvent.click(dialog.getByRole("button", { name: "Plan 2 ritten" }));
  expect(given.planNeeded).toHaveBeenCalledWith([
    { tour_id: 1, worker_id: 3, date: "2026-11-30" },
    { tour_id: 1, worker_id: 4, date: "2026-12-02" },
  ]);
});

it("replaces who is absent, and says which runs stay", async () => {
  const run = makeRun({ id: 7, date: "2026-12-01", status: "planned", version: 2, tour: noord });
  const started = makeRun({ id: 8, date: "2026-11-30", status: "started", tour: noord });
  const worker = { id: 5, first_name: "Elders", last_name: "Claes", phone: "" };
  const elsewhere = makeRun({ id: 9, date: "2026-12-01", status: "planned", worker });
  const sent: unknown[] = [];
  server.use(
    http.get(at("/planning/conflicts"), () =>
      HttpResponse.json({
        items: [run, elsewhere].map((one) => ({
          run: one,
          first_day: "2026-12-01",
          last_day: "2026-12-02",
        })),
      }),
    ),
    http.post(at("/planning/replace/preview"), async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({
        runs: [
          { run: started, taker_id: 0, because: "", reason: "already_started", obstacles: [] },
          { run, taker_id: 4, because: "last_week", reason: "", obstacles: [] },
        ],
        workers: [person(4, "Noor")],
      });
    }),
  );
  // Another region, that is not shown, has conflicts of its own.
  const given = tools({ runs: [plannedOf(run, "planned")] });
  renderPage(<PlanTray tools={given} />);
  await userEvent.click(await screen.findByRole("button", { name: /^Vervang .+ \S+$/ }));
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(dialog.getByRole("button", { name: "Bekijk eerst" }));
  expect(await screen.findByText("1 van 2 gaat naar iemand anders.")).toBeVisible();
  expect(sent).toEqual([
    { worker_id: run.worker.id, taker_id: 0, from: "2026-11-30", to: "2026-12-06" },
  ]);
  await userEvent.click(screen.getByRole("button", { name: "Geef 1 rit door" }));
  expect(given.moveRuns).toHaveBeenCalledWith([
    {
      run: expect.objectContaining({ id: 7, version: 2, worker_id: run.worker.id }),
      to: { tour_id: 1, worker_id: 4, date: "2026-12-01" },
    },
  ]);
});

it("cancels what is planned in a period once it was seen, and not what has started", async () => {
  const planned = makeRun({ id: 7, date: "2026-12-01", status: "planned", version: 2 });
  server.use(
    http.get(at("/runs"), ({ request }) => {
      const status = new URL(request.url).searchParams.get("status");
      const runs = [
        planned,
        makeRun({ id: 8, status: "started" }),
        makeRun({ id: 9, status: "cancelled" }),
      ];
      return HttpResponse.json({
        items: runs.filter((run) => run.status === status),
        next_cursor: "",
      });
    }),
  );
  const given = tools();
  renderPage(<PlanTray tools={given} />);
  await userEvent.click(await screen.findByRole("button", { name: "Annuleer meerdere …" }));
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.click(dialog.getByRole("button", { name: "Bekijk eerst" }));
  expect(dialog.getByText("Geef een reden")).toBeVisible();
  await userEvent.type(dialog.getByRole("textbox", { name: "Reden" }), "Staking");
  await userEvent.click(dialog.getByRole("button", { name: "Bekijk eerst" }));
  expect(
    await dialog.findByText("1 rit wordt geannuleerd. 1 is al gestart en blijft."),
  ).toBeVisible();
  expect(given.cancelRuns).not.toHaveBeenCalled();
  await userEvent.click(dialog.getByRole("button", { name: "Annuleer de rit" }));
  expect(given.cancelRuns).toHaveBeenCalledWith(
    [expect.objectContaining({ id: 7, version: 2 })],
    "Staking",
  );
});

it("cancels as many at once as the server does, and not one more", async () => {
  let count = 1001;
  server.use(
    http.get(at("/runs"), ({ request }) => {
      const query = new URL(request.url).searchParams;
      const from = Number(query.get("cursor") ?? 0);
      const limit = Number(query.get("limit"));
      const all = query.get("status") === "planned" ? count : 0;
      const items = Array.from({ length: Math.max(0, Math.min(limit, all - from)) }, (_, index) =>
        makeRun({ id: from + index + 1, date: "2026-12-01", status: "planned" }),
      );
      return HttpResponse.json({ items, next_cursor: from + limit < all ? `${from + limit}` : "" });
    }),
  );
  const given = tools();
  renderPage(<PlanTray tools={given} />);
  await userEvent.click(await screen.findByRole("button", { name: "Annuleer meerdere …" }));
  const dialog = within(await screen.findByRole("dialog"));
  await userEvent.type(dialog.getByRole("textbox", { name: "Reden" }), "Staking");
  await userEvent.click(dialog.getByText("Bekijk eerst"));
  expect(await dialog.findByText(/Hoogstens 1000 ritten tegelijk/)).toBeVisible();
  expect(dialog.getByText("Annuleer 1001 ritten").closest("button")).toBeDisabled();
  await userEvent.click(dialog.getByText("Terug"));
  count = 1000;
  await userEvent.click(dialog.getByText("Bekijk eerst"));
  expect(await dialog.findByText("1000 ritten worden geannuleerd.")).toBeVisible();
  await userEvent.click(dialog.getByText("Annuleer 1000 ritten"));
  expect(given.cancelRuns.mock.calls[0]?.[0]).toHaveLength(1000);
});

it("names who is absent once each, by who they are, and nobody for days that are over", async () => {
  vi.setSystemTime("2026-12-02T10:00:00Z");
  try {
    const conflict = (id: number, worker: number, date: string) => ({
      run: makeRun({
        id,
        worker: person(worker, "Emma").worker,
        tour: noord,
        date,
        status: "planned",
      }),
      first_day: "2026-11-30",
      last_day: "2026-12-06",
    });
    const conflicts = [
      conflict(7, 3, "2026-12-01"), // over
      conflict(8, 3, "2026-12-02"),
      conflict(9, 4, "2026-12-03"), // of somebody of the same name
      conflict(10, 3, "2026-12-04"),
      conflict(11, 3, "2026-12-05"), // of a region that is not shown
    ];
    server.use(http.get(at("/planning/conflicts"), () => HttpResponse.json({ items: conflicts })));
    const runs = conflicts.slice(0, 4).map(({ run }) => plannedOf(run, "planned"));
    renderPage(<PlanTray tools={tools({ runs })} />);
    const lines = within(await screen.findByRole("list", { name: "Gepland voor wie afwezig is" }));
    expect(
      lines.getAllByRole("listitem").map((line) => line.textContent?.match(/\d+ dec/g)),
    ).toEqual([["2 dec", "4 dec"], ["3 dec"]]);
  } finally {
    vi.useRealTimers();
  }
});
