import { act, screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DashboardRun, DayNews } from "@/shared/api/types";
import { today } from "@/shared/dates";
import { makeDashboardRun, makeRun } from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { countRuns } from "./live";
import { pageTime } from "./use-pages";
import { WallPage } from "./wall-page";

function many(count: number): DashboardRun[] {
  return Array.from({ length: count }, (_, index) =>
    makeDashboardRun({ id: index + 1, tour: { id: index + 1, name: `Ronde ${index + 11}` } }),
  );
}

async function show(runs: DashboardRun[], news: DayNews[] = []) {
  const answer = vi.fn(() =>
    HttpResponse.json({ date: today(), runs, counts: countRuns(runs, 1) }),
  );
  server.use(
    http.get(at("/dashboard"), answer),
    http.get(at("/dashboard/feed"), () => HttpResponse.json({ items: news, next_cursor: "" })),
  );
  const { live, socket } = makeTestLive();
  renderPage(<WallPage date={today()} region={undefined} />, { live });
  const first = runs[0]?.tour.name;
  await screen.findByText(first ?? "Geen ritten vandaag");
  act(() => socket.opens());
  return { socket, answer };
}

const tours = () =>
  within(screen.getByRole("region", { name: "Ritten van vandaag" }))
    .queryAllByText(/^Ronde/)
    .map((name) => name.textContent);

afterEach(() => {
  vi.useRealTimers();
});

describe("the wall", () => {
  it("shows the figures and what is late, with why", async () => {
    const late = { late_minutes: 20, late_reason: "behind" } as const;
    await show([
      makeDashboardRun({ ...late, remarks: 2 }),
      makeDashboardRun({ id: 13, status: "cancelled", tour: { id: 2, name: "Weg" } }),
    ]);
    expect(screen.getByText("20 min achter")).toBeVisible();
    expect(screen.queryByText("Weg")).toBeNull();
    expect(screen.getByText("Ritten klaar").nextSibling).toHaveTextContent("0 / 1");
    expect(screen.getByText("Te laat").nextSibling).toHaveTextContent("1");
    expect(screen.getByText("Opmerkingen").nextSibling).toHaveTextContent("2");
    expect(screen.getByText("Open meldingen").nextSibling).toHaveTextContent("1");
    expect(await screen.findByText("Live")).toBeVisible();
  });

  it("moves as a student does a stop", async () => {
    const { socket } = await show([makeDashboardRun()]);
    expect(screen.getByRole("img", { name: "0 van 2 haltes afgehandeld" })).toBeVisible();
    act(() =>
      socket.receives({
        op: "event",
        channel: "run:12",
        id: "1-0",
        type: "run.progress",
        data: {
          run_id: 12,
          progress: { ...makeRun().progress, stops: 2, done: 1, segments: ["done", "open"] },
        },
      }),
    );
    expect(await screen.findByRole("img", { name: "1 van 2 haltes afgehandeld" })).toBeVisible();
  });

  it("pages by itself through what does not fit, and stops where one stops it", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await show(many(7));
    expect(tours()).toHaveLength(5);
    expect(screen.getByText("1 / 2")).toBeVisible();
    act(() => void vi.advanceTimersByTime(pageTime));
    expect(tours()).toEqual(["Ronde 16", "Ronde 17"]);
    act(() => screen.getByRole("button", { name: "Bladeren pauzeren" }).click());
    act(() => void vi.advanceTimersByTime(3 * pageTime));
    expect(tours()).toEqual(["Ronde 16", "Ronde 17"]);
    act(() => screen.getByRole("button", { name: "Verder bladeren" }).click());
    act(() => void vi.advanceTimersByTime(pageTime));
    expect(tours()).toHaveLength(5);
  });

  it("says clearly that it is not live any more, and since when", async () => {
    const { socket } = await show([makeDashboardRun()]);
    act(() => socket.closes(1006));
    expect(await screen.findByText(/^Niet live sinds .*: dit kan verouderd zijn$/)).toBeVisible();
    act(() => socket.opens());
    expect(await screen.findByText("Live")).toBeVisible();
  });

  it("is not live when the server does not answer, whatever the connection says", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await show([makeDashboardRun()]);
    server.use(http.get(at("/dashboard"), () => new Promise<Response>(() => undefined)));
    await act(async () => void (await vi.advanceTimersByTimeAsync(4 * 60_000)));
    expect(screen.getByText(/^Niet live sinds/)).toBeVisible();
  });

  it("keeps the screen on while it is seen", async () => {
    const release = vi.fn(async () => undefined);
    const request = vi.fn(async () => ({ released: false, release }));
    Object.defineProperty(navigator, "wakeLock", { value: { request }, configurable: true });
    await show([makeDashboardRun()]);
    expect(request).toHaveBeenCalledWith("screen");
    Reflect.deleteProperty(navigator, "wakeLock");
  });

  it("shows the latest of what happens, as it comes, and no more than fits", async () => {
    const news = (id: number, changes: Partial<DayNews> = {}): DayNews => ({
      id: `remark:${id}`,
      kind: "remark",
      at: "2026-05-04T08:05:00Z",
      building: {
        id: 1,
        name: "",
        address: {
          street: "Dok",
          house_number: `${id}`,
          bus: "",
          postal_code: "9000",
          city: "Gent",
        },
      },
      run: null,
      incident_id: 0,
      detail: "",
      text: `Opmerking nummer ${id}`,
      photos: 0,
      ...changes,
    });
    const items = [1, 2, 3, 4, 5, 6].map((id) => news(id));
    const { socket } = await show([makeDashboardRun()], items);
    const feed = within(await screen.findByRole("log", { name: "Wat er gebeurt" }));
    expect(feed.getAllByRole("listitem")).toHaveLength(5);
    expect(feed.getByText("Opmerking nummer 1")).toBeVisible();
    items.unshift(news(7, { id: "incident:7", kind: "incident", detail: "dirty", text: "Glas" }));
    act(() =>
      socket.receives({
        op: "event",
        channel: "incidents",
        id: "1-0",
        type: "incident.opened",
        data: {},
      }),
    );
    expect(await feed.findByText("Glas")).toBeVisible();
    expect(feed.queryByText("Opmerking nummer 5")).toBeNull();
  });

  it("says that there are no runs", async () => {
    await show([]);
    expect(screen.getByText("Geen ritten vandaag")).toBeVisible();
  });
});
