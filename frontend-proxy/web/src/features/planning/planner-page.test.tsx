import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PlanningRun, PlanningTour, PlanningWorker, WeekPlan } from "@/shared/api/types";
import { daysBetween } from "@/shared/day-grid/period";
import { loadTexts } from "@/shared/i18n/i18n";
import { makeRun } from "@/shared/testing/data";
import { Holder } from "@/shared/testing/holder";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { PlannerPage } from "./planner-page";
import type { PlanSearch } from "./search";

const from = "2026-11-30"; // a Monday
const days = daysBetween(from, "2026-12-06");
const region = { id: 1, name: "Gent-Centrum" };

let workers: PlanningWorker[];
let tours: PlanningTour[];
let runs: PlanningRun[];
let others: WeekPlan["runs_of_others"];
let sent: { path: string; body: unknown }[];

function worker(id: number, first_name: string, changes: Partial<PlanningWorker> = {}) {
  return {
    id,
    first_name,
    last_name: "Claes",
    region_ids: [1],
    can_work: true,
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    weekly_minutes: 0,
    absences: [],
    ...changes,
  };
}

function run(id: number, worker_id: number, day: number, changes: Partial<PlanningRun> = {}) {
  return {
    id,
    tour_id: 1,
    worker_id,
    date: days[day] ?? "",
    status: "planned",
    stops: 3,
    agreed_minutes: 30,
    stops_changed: false,
    version: 1,
    ...changes,
  } satisfies PlanningRun;
}

beforeEach(async () => {
  await loadTexts(["planning", "runs", "grid", "shell", "office"]);
  workers = [worker(3, "Emma"), worker(4, "Noor")];
  tours = [
    {
      id: 1,
      name: "Centrum Noord",
      region,
      archived: false,
      stops: 3,
      agreed_minutes: 30,
      hides_idle_stops: false,
      work: days.map((date) => ({ date, stops: 3, agreed_minutes: 30 })),
    },
  ];
  runs = [run(10, 3, 0), run(11, 4, 1)];
  others = [];
  sent = [];
  const keep = async (path: string, request: Request) => {
    sent.push({ path, body: await request.json() });
  };
  server.use(
    http.get(at("/regions"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/planning/weeks"), () =>
      HttpResponse.json({ from, to: days[6], workers, tours, runs, runs_of_others: others }),
    ),
    http.put(at("/planning/runs"), async ({ request }) => {
      await keep("change", request);
      return HttpResponse.json({ items: [] });
    }),
    http.post(at("/planning/runs"), async ({ request }) => {
      await keep("plan", request);
      return HttpResponse.json({ ids: [90], skipped: [] });
    }),
    http.post(at("/planning/runs/cancel"), async ({ request }) => {
      await keep("cancel", request);
      return HttpResponse.json({ items: [] });
    }),
  );
});

function open(search: PlanSearch = { date: from }) {
  const { live, socket } = makeTestLive();
  renderPage(
    <Holder initial={search}>
      {(value, onSearch) => <PlannerPage search={value} onSearch={onSearch} />}
    </Holder>,
    { live },
  );
  return { socket, user: userEvent.setup() };
}

async function row(name: string) {
  return screen.findByRole("row", { name: new RegExp(name) });
}

describe("the grid", () => {
  it("has a row for each person, and a chip says the tour, what there is to do, when, and how far it is", async () => {
    open();
    expect(
      await within(await row("Emma")).findByRole("button", {
        name: "Centrum Noord, 3 haltes · 0:30, maandag 30 november 2026, gepland",
      }),
    ).toBeVisible();
  });

  it("has a row for each tour when that is asked for", async () => {
    const { user } = open();
    await row("Emma");
    await user.click(screen.getByRole("radio", { name: "Rondes" }));
    expect(within(await row("Centrum Noord")).getAllByRole("button")).toHaveLength(2);
    expect(screen.queryByRole("row", { name: /^Emma/ })).not.toBeInTheDocument();
  });

  it("says on the chip what does not fit, and why", async () => {
    workers = [
      worker(3, "Emma", {
        region_ids: [2],
        absences: [{ first_day: from, last_day: from, reason: "ill" }],
      }),
    ];
    runs = [run(10, 3, 0), run(12, 3, 0, { tour_id: 1, agreed_minutes: 460 })];
    open();
    const [chip] = await within(await row("Emma")).findAllByRole("button");
    expect(chip).toHaveAccessibleName(
      expect.stringContaining("andere regio, afwezig, dubbel gepland, meer dan 8 uur op die dag"),
    );
  });

  it("says that somebody who is not shown has the tour too", async () => {
    others = [{ id: 77, tour_id: 1, date: from }];
    open({ date: from, region: 1 });
    expect(
      await within(await row("Emma")).findByRole("button", { name: /dubbel gepland/ }),
    ).toBeVisible();
  });
});

describe("what is done", () => {
  it("is cancelled with a reason, and comes back when that is undone", async () => {
    const { user } = open();
    (await within(await row("Emma")).findByRole("button")).focus();
    await user.keyboard("{Delete}");
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByRole("textbox"), "Staking");
    runs = [run(11, 4, 1)];
    await user.click(dialog.getByRole("button", { name: /Annuleer/ }));
    await waitFor(async () =>
      expect(within(await row("Emma")).queryByRole("button")).not.toBeInTheDocument(),
    );
    expect(sent).toEqual([
      { path: "cancel", body: { items: [{ id: 10, version: 1 }], reason: "Staking" } },
    ]);
    await user.click(await screen.findByRole("button", { name: "Ongedaan maken" }));
    await waitFor(() => expect(sent.at(-1)?.path).toBe("plan"));
    expect(sent.at(-1)?.body).toMatchObject({
      runs: [{ tour_id: 1, worker_id: 3, date: from }],
      despite_absence: true,
    });
  });

  it("jumps back in sight when the server refuses, with the reason", async () => {
    server.use(
      http.post(at("/planning/runs/cancel"), () =>
        HttpResponse.json(
          {
            code: "aborted",
            message: "",
            details: {
              field: "runs",
              reason: "changed_meanwhile",
              rows: [{ index: 0, reason: "changed_meanwhile" }],
            },
          },
          { status: 409 },
        ),
      ),
    );
    const { user } = open();
    (await within(await row("Emma")).findByRole("button")).focus();
    await user.keyboard("{Delete}");
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByRole("textbox"), "Staking");
    await user.click(dialog.getByRole("button", { name: /Annuleer/ }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Centrum Noord, Emma Claes");
    expect(await within(await row("Emma")).findByRole("button")).toBeVisible();
  });

  it("is shown when another office does it", async () => {
    const { socket } = open();
    await row("Emma");
    socket.opens();
    await waitFor(() =>
      expect(socket.sent).toContainEqual(expect.objectContaining({ channel: "runs" })),
    );
    socket.receives({
      op: "event",
      channel: "runs",
      id: "1-1",
      type: "run.changed",
      data: {
        run: makeRun({
          id: 11,
          tour: { id: 1, name: "Centrum Noord" },
          worker: { id: 3, first_name: "Emma", last_name: "Claes", phone: "" },
          date: days[1] ?? "",
          status: "planned",
          version: 2,
        }),
      },
    });
    await waitFor(async () =>
      expect(within(await row("Emma")).getAllByRole("button")).toHaveLength(2),
    );
  });
});

it("copies the weeks that are chosen, also while they are on their way", async () => {
  const { user } = open();
  await row("Emma");
  server.use(http.get(at("/planning/weeks"), () => new Promise<Response>(() => undefined)));
  await user.click(screen.getByRole("button", { name: "Volgende week" }));
  await user.click(screen.getByRole("button", { name: "Kopieer weken" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByText(/Alle ritten van 7–13 dec/)).toBeVisible();
});

it("is read anew after what happens to runs that are not shown, of people who are", async () => {
  others = [{ ...run(20, 3, 2), tour_name: "Rabot" } as never];
  const read = vi.fn();
  server.events.on("request:start", ({ request }) => {
    if (request.url.includes("/planning/weeks")) {
      read();
    }
  });
  const { socket } = open();
  await row("Emma");
  socket.opens();
  await waitFor(() =>
    expect(socket.sent).toContainEqual(expect.objectContaining({ channel: "runs" })),
  );
  const tell = (id: number) =>
    socket.receives({
      op: "event",
      channel: "runs",
      id: `${id}-1`,
      type: "run.changed",
      data: { run: makeRun({ id, date: days[2] ?? "", status: "planned", version: 2 }) },
    });
  const before = read.mock.calls.length;
  tell(20);
  await waitFor(() => expect(read.mock.calls.length).toBe(before + 1));
  server.events.removeAllListeners();
});

describe("on a phone", () => {
  beforeEach(() => {
    vi.spyOn(window, "matchMedia").mockImplementation(
      (media) =>
        ({
          matches: media.includes("max-width"),
          media,
          addEventListener: () => undefined,
          removeEventListener: () => undefined,
        }) as unknown as MediaQueryList,
    );
  });

  it("moves what was chosen to the day that is tapped", async () => {
    const { user } = open();
    await user.click(
      await screen.findByRole("checkbox", { name: "Kies Centrum Noord, Emma Claes" }),
    );
    await user.click(screen.getByRole("button", { name: /^Hierheen: .*3 dec/ }));
    await waitFor(() =>
      expect(sent).toEqual([
        {
          path: "change",
          body: {
            items: [{ id: 10, version: 1, tour_id: 1, worker_id: 3, date: "2026-12-03" }],
            despite_absence: false,
          },
        },
      ]),
    );
  });

  it("names the version that comes of what is still on its way", async () => {
    let answer: (() => void) | undefined;
    const answered = new Promise<void>((done) => {
      answer = done;
    });
    server.use(
      http.put(at("/planning/runs"), async ({ request }) => {
        const body = (await request.json()) as { items: PlanningRun[] };
        sent.push({ path: "change", body });
        if (sent.length === 1) {
          await answered;
        }
        const items = body.items.map((item) => ({ ...item, version: item.version + 1 }));
        runs = runs.map((one) => ({ ...one, ...items.find(({ id }) => id === one.id) }));
        return HttpResponse.json({ items });
      }),
    );
    const { user } = open();
    const choose = { name: "Kies Centrum Noord, Emma Claes" };
    await user.click(await screen.findByRole("checkbox", choose));
    await user.click(screen.getByRole("button", { name: /^Hierheen: .*3 dec/ }));
    await user.click(screen.getByRole("checkbox", choose));
    await user.click(screen.getByRole("button", { name: /^Hierheen: .*4 dec/ }));
    answer?.();
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent[1]?.body).toMatchObject({ items: [{ id: 10, version: 2, date: "2026-12-04" }] });
  });

  it("begins today", async () => {
    vi.useFakeTimers({ now: new Date("2026-12-02T10:00:00Z"), toFake: ["Date"] });
    const { user } = open({});
    expect(await screen.findByRole("region", { name: /vandaag/i })).toBeVisible();
    expect(screen.queryByText("Centrum Noord")).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Toon de 2 dagen ervoor" }));
    expect(screen.getAllByText("Centrum Noord")).toHaveLength(2);
    vi.useRealTimers();
  });
});
