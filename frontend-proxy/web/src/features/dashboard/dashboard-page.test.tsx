import { QueryClient } from "@tanstack/react-query";
import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Dashboard } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { makeDashboardRun, makePicture, makeRun, makeSwap } from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { DashboardPage } from "./dashboard-page";
import { countRuns } from "./live";

function board(runs: Dashboard["runs"]): Dashboard {
  return { date: today(), runs, counts: countRuns(runs, 2) };
}

const shown = {
  region: undefined,
  openRunId: undefined,
  panel: null,
  onDate: () => undefined,
  onRegion: () => undefined,
  onRun: () => undefined,
};

async function show(...answers: Dashboard[]) {
  const answer = vi.fn();
  for (const dashboard of answers) {
    answer.mockReturnValueOnce(dashboard);
  }
  answer.mockReturnValue(answers.at(-1));
  server.use(http.get(at("/dashboard"), () => HttpResponse.json(answer())));
  const { live, socket } = makeTestLive();
  const page = <DashboardPage {...shown} date={today()} />;
  renderPage(page, { live });
  await screen.findByRole("link", { name: /Centrum-Noord/ });
  socket.opens();
  return { socket, answer };
}

const row = (tour: string) =>
  within(screen.getByRole("link", { name: new RegExp(tour) }).closest("li") as HTMLElement);

beforeEach(() => {
  server.use(
    http.get(at("/regions"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/dashboard/feed"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/dashboard/stops"), () =>
      HttpResponse.json({ date: today(), items: [], complete: true }),
    ),
    http.get(at("/planning/conflicts"), () => HttpResponse.json({ items: [] })),
    http.get(at("/swaps"), () => HttpResponse.json({ items: [], next_cursor: "" })),
  );
});

describe("dashboard", () => {
  it("asks the server a few times while a month is planned, and not once for each run", async () => {
    const { socket } = await show(
      board([makeDashboardRun()]),
      board([makeDashboardRun({ tour: { id: 9, name: "Zuid" } })]),
    );
    const readAgain = vi.spyOn(QueryClient.prototype, "invalidateQueries");
    for (let id = 1; id <= 300; id++) {
      socket.receives({
        op: "event",
        channel: "runs",
        id: `${id}-0`,
        type: "run.planned",
        data: { run: makeRun({ id: 1000 + id }) },
      });
    }
    expect(await screen.findByRole("link", { name: /Zuid/ })).toBeVisible();
    expect(readAgain.mock.calls.length).toBeLessThan(20);
    readAgain.mockRestore();
  });

  it("tells how many swaps want a decision, as soon as somebody takes one", async () => {
    const { socket } = await show(board([makeDashboardRun()]));
    expect(screen.queryByRole("link", { name: "Bekijk de ruilverzoeken" })).toBeNull();
    server.use(
      http.get(at("/swaps"), () =>
        HttpResponse.json({
          items: [makeSwap({ state: "taken" }), makeSwap({ id: "b" })],
          next_cursor: "",
        }),
      ),
    );
    socket.receives({
      op: "event",
      channel: "swaps",
      id: "1-0",
      type: "swap.taken",
      data: { swap_id: "a", run_id: 12, date: today(), state: "taken" },
    });
    expect(await screen.findByText(/1 ruilverzoek wacht op een beslissing/)).toBeVisible();
    expect(screen.getByText(/1 rit zoekt iemand anders/)).toBeVisible();
  });

  it("tells of runs that are planned for somebody who has just become absent", async () => {
    const { socket } = await show(board([makeDashboardRun()]));
    expect(screen.queryByText(/gepland voor iemand die afwezig is/)).toBeNull();
    const run = makeRun({ date: today(), tour: { id: 2, name: "Dok" } });
    server.use(
      http.get(at("/planning/conflicts"), () =>
        HttpResponse.json({ items: [{ run, first_day: today(), last_day: today() }] }),
      ),
    );
    socket.receives({
      op: "event",
      channel: "absences",
      id: "1-0",
      type: "absence.created",
      data: { worker_id: run.worker.id, from: today(), to: today() },
    });
    expect(
      await screen.findByText(/1 rit is gepland voor iemand die afwezig is: Dok/),
    ).toBeVisible();
    expect(screen.getByRole("link", { name: "Naar de planning" })).toBeVisible();
  });

  it("puts late runs first and counts by state", async () => {
    await show(
      board([
        makeDashboardRun(),
        makeDashboardRun({
          id: 13,
          tour: { id: 2, name: "Dok" },
          late_minutes: 18,
          late_reason: "behind",
        }),
      ]),
    );

    const names = screen
      .getAllByRole("link", { name: /^Toon rit/ })
      .map((link) => link.textContent);
    expect(names).toEqual(["Dok", "Centrum-Noord"]);
    expect(row("Dok").getByText("18 min achter")).toBeVisible();
    expect(screen.getByText("Bezig").nextSibling).toHaveTextContent("2");
    expect(screen.getByText("Te laat").nextSibling).toHaveTextContent("1");
  });

  it("moves progress and photo as events come, without fetching", async () => {
    const { socket, answer } = await show(board([makeDashboardRun()]));
    expect(
      row("Centrum-Noord").getByRole("img", { name: "0 van 2 haltes afgehandeld" }),
    ).toBeVisible();
    const fetched = answer.mock.calls.length;

    socket.receives({
      op: "event",
      channel: "run:12",
      id: "1-0",
      type: "run.progress",
      data: {
        run_id: 12,
        progress: {
          stops: 2,
          done: 1,
          skipped: 0,
          failed: 0,
          percent: 50,
          segments: ["done", "open"],
        },
      },
    });
    socket.receives({
      op: "event",
      channel: "run:12",
      id: "2-0",
      type: "picture.added",
      data: { picture: makePicture("p1", "arrival") },
    });

    expect(
      await row("Centrum-Noord").findByRole("img", { name: "1 van 2 haltes afgehandeld" }),
    ).toBeVisible();
    expect(
      row("Centrum-Noord").getByRole("img", { name: "Laatste foto van Centrum-Noord" }),
    ).toHaveAttribute("src", "/pictures/p1/320");
    expect(answer.mock.calls.length).toBe(fetched);
  });

  it("counts the remarks of a run as they come", async () => {
    const { socket } = await show(
      board([makeDashboardRun()]),
      board([makeDashboardRun({ remarks: 2, version: 2 })]),
    );
    expect(row("Centrum-Noord").queryByText(/opmerking/)).toBeNull();
    socket.receives({
      op: "event",
      channel: "runs",
      id: "1-0",
      type: "run.changed",
      data: { run: makeRun({ remarks: 2, version: 2 }) },
    });
    expect(await row("Centrum-Noord").findByText("2 opmerkingen")).toBeVisible();
  });

  it("says of a planned run that there is nothing to do at its stops", async () => {
    const planned = makeDashboardRun({ status: "planned", started_at: null });
    const progress = { ...planned.progress, stops: 0, done: 0, segments: [] };
    await show(board([{ ...planned, progress, idle_stops: 3 }]));
    expect(await row("Centrum-Noord").findByText(/^niets te doen/)).toBeVisible();
    expect(screen.queryByText("nog niet gestart")).not.toBeInTheDocument();
  });

  it("follows the channel of a run that starts", async () => {
    const planned = makeDashboardRun({ status: "planned", started_at: null });
    const { socket } = await show(board([planned]), board([makeDashboardRun({ version: 2 })]));
    expect(socket.sent).not.toContainEqual({ op: "subscribe", channel: "run:12" });

    socket.receives({
      op: "event",
      channel: "runs",
      id: "1-0",
      type: "run.started",
      data: { run: makeRun({ version: 2 }) },
    });

    await waitFor(() => expect(socket.sent).toContainEqual({ op: "subscribe", channel: "run:12" }));
    expect(screen.getByText("Bezig").nextSibling).toHaveTextContent("1");
  });

  it("fetches everything again when events were missed", async () => {
    const { socket } = await show(
      board([makeDashboardRun()]),
      board([makeDashboardRun(), makeDashboardRun({ id: 13, tour: { id: 2, name: "Dok" } })]),
    );

    socket.receives({ op: "subscribed", channel: "runs", id: "7-0", recovered: false });

    expect(await screen.findByRole("link", { name: /Dok/ })).toBeVisible();
  });

  it("marks the page as not live when the connection is lost", async () => {
    const { socket } = await show(board([makeDashboardRun()]));
    socket.closes(1006);
    expect(await screen.findByText(/^Niet live/)).toBeVisible();
  });

  it("loses no event that comes while the server answers", async () => {
    let answer: (dashboard: Dashboard) => void = () => undefined;
    server.use(
      http.get(
        at("/dashboard"),
        () =>
          new Promise<Response>((resolve) => {
            answer = (dashboard) => resolve(HttpResponse.json(dashboard));
          }),
      ),
    );
    const { live, socket } = makeTestLive();
    renderPage(<DashboardPage {...shown} date={today()} />, { live });
    await screen.findByRole("status", { name: "Bezig met laden" });
    socket.opens();
    await waitFor(() => expect(socket.sent).toContainEqual({ op: "subscribe", channel: "runs" }));
    // The answer is of the moment before the event.
    socket.receives({
      op: "event",
      channel: "runs",
      id: "1-0",
      type: "run.started",
      data: { run: makeRun({ version: 2 }) },
    });
    answer(board([makeDashboardRun({ status: "planned", started_at: null, version: 1 })]));

    expect(await screen.findByText(/^gestart /)).toBeVisible();
    expect(screen.getByText("Bezig").nextSibling).toHaveTextContent("1");
  });

  it("counts what is done of all, and the stops that were not", async () => {
    const progress = { ...makeRun().progress, stops: 4, done: 2, failed: 1, skipped: 1 };
    await show(
      board([
        makeDashboardRun({ progress, remarks: 3 }),
        makeDashboardRun({ id: 13, tour: { id: 2, name: "Dok" }, status: "completed", progress }),
        makeDashboardRun({ id: 14, tour: { id: 3, name: "Weg" }, status: "cancelled", progress }),
      ]),
    );
    expect(screen.getByText("Ritten klaar").nextSibling).toHaveTextContent("1 / 2");
    expect(screen.getByText("Haltes gedaan").nextSibling).toHaveTextContent("4 / 8");
    expect(screen.getByText("4 niet gedaan")).toBeVisible();
    expect(screen.getByText("Opmerkingen").nextSibling).toHaveTextContent("3");
    expect(row("Centrum-Noord").getByText("1 niet gelukt")).toBeVisible();
    expect(await screen.findByRole("link", { name: "2" })).toHaveAttribute(
      "href",
      "/manage/incidents?status=open",
    );
    expect(screen.getByText("Open meldingen")).toBeVisible();
  });

  it("has what is late first, and says why", async () => {
    await show(
      board([
        makeDashboardRun({
          id: 1,
          tour: { id: 1, name: "Centrum-Noord" },
          status: "completed",
          late_minutes: 50,
          late_reason: "took_longer",
        }),
        makeDashboardRun({ id: 2, tour: { id: 2, name: "Zuid" } }),
        makeDashboardRun({
          id: 3,
          tour: { id: 3, name: "Haven" },
          status: "planned",
          started_at: null,
          late_minutes: 40,
          late_reason: "not_started",
          late_since: "2026-05-04T10:00:00Z",
        }),
        makeDashboardRun({
          id: 4,
          tour: { id: 4, name: "Dok" },
          late_minutes: 5,
          late_reason: "behind",
        }),
      ]),
    );
    const names = screen
      .getAllByRole("link", { name: /^Toon rit/ })
      .map((link) => link.textContent);
    expect(names).toEqual(["Dok", "Haven", "Zuid", "Centrum-Noord"]);
    expect(row("Haven").getByText("niet gestart, te laat sinds 12:00")).toBeVisible();
    expect(row("Centrum-Noord").getByText("50 min langer dan afgesproken")).toBeVisible();
  });

  it("finds out by itself, as time passes, what has become late", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    try {
      const planned = makeDashboardRun({ status: "planned", started_at: null });
      const late = { late_reason: "not_started", late_since: "2026-05-04T10:00:00Z" } as const;
      await show(board([planned]), board([{ ...planned, ...late }]));
      expect(screen.getByText("Te laat").nextSibling).toHaveTextContent("0");
      await vi.advanceTimersByTimeAsync(61_000);
      expect(await screen.findByText("niet gestart, te laat sinds 12:00")).toBeVisible();
      // The minute itself is late by no minutes.
      expect(screen.getByText("Te laat").nextSibling).toHaveTextContent("1");
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not say of a run that has just started that it is not", async () => {
    const planned = makeDashboardRun({
      status: "planned",
      started_at: null,
      late_reason: "not_started",
      late_since: "2026-05-04T10:00:00Z",
      late_minutes: 5,
    });
    const { socket } = await show(board([planned]));
    expect(screen.getByText("niet gestart, te laat sinds 12:00")).toBeVisible();
    server.use(http.get(at("/dashboard"), () => new Promise<Response>(() => undefined)));
    socket.receives({
      op: "event",
      channel: "runs",
      id: "1-0",
      type: "run.started",
      data: { run: makeRun({ status: "started", version: 2 }) },
    });
    await waitFor(() => expect(screen.queryByText(/niet gestart/)).toBeNull());
    expect(screen.getByText("Te laat").nextSibling).toHaveTextContent("0");
  });

  it("follows 40 runs each by its own channel, and says what that means for the others", async () => {
    const runs = Array.from({ length: 41 }, (_, index) => makeDashboardRun({ id: index + 1 }));
    const answers = [board(runs), board(runs.slice(1))];
    const answer = vi.fn(() => answers[answer.mock.calls.length > 1 ? 1 : 0]);
    server.use(http.get(at("/dashboard"), () => HttpResponse.json(answer())));
    const { live, socket } = makeTestLive();
    renderPage(<DashboardPage {...shown} date={today()} />, { live });
    expect(await screen.findByText(/Er zijn meer dan 40 ritten tegelijk bezig/)).toBeVisible();
    socket.opens();
    await waitFor(() =>
      expect(socket.sent.filter(({ channel }) => `${channel}`.startsWith("run:"))).toHaveLength(40),
    );
    socket.receives({
      op: "event",
      channel: "incidents",
      id: "1-0",
      type: "incident.opened",
      data: {},
    });
    await waitFor(() => expect(screen.queryByText(/meer dan 40/)).toBeNull());
  });

  it("says of a run that goes past midnight since when it goes", async () => {
    await show(board([makeDashboardRun({ date: addDays(today(), -1) })]));
    expect(row("Centrum-Noord").getByText(/· sinds \d/)).toBeVisible();
  });

  it("is not live when the server did not answer the last time", async () => {
    let broken = false;
    const { socket } = await show(board([makeDashboardRun()]));
    expect(await screen.findByText("Live")).toBeVisible();
    server.use(
      http.get(at("/dashboard"), () => {
        broken = true;
        return HttpResponse.json({ code: "internal", message: "", details: null }, { status: 500 });
      }),
    );
    socket.receives({ op: "subscribed", channel: "runs", id: "7-0", recovered: false });
    expect(await screen.findByText(/^Niet live/)).toBeVisible();
    expect(broken).toBe(true);
  });

  it("says nothing of live on another day", async () => {
    server.use(http.get(at("/dashboard"), () => HttpResponse.json(board([makeDashboardRun()]))));
    const { live, socket } = makeTestLive();
    renderPage(<DashboardPage {...shown} date={addDays(today(), -1)} />, { live });
    await screen.findByRole("link", { name: /Centrum-Noord/ });
    socket.opens();
    expect(screen.queryByText("Live")).not.toBeInTheDocument();
  });
});
