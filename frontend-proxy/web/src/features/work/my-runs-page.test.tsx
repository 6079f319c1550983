import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { RunDetail } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { makeRunDetail } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { MyRunsPage } from "./my-runs-page";
import { OutboxDatabase } from "./outbox/database";
import { Outbox } from "./outbox/outbox";
import { OutboxContext } from "./outbox/outbox-context";

const opened: { outbox: Outbox; database: OutboxDatabase }[] = [];

function show(runs: RunDetail[]) {
  server.use(
    http.get(at("/me/runs"), () => HttpResponse.json({ items: runs, next_cursor: "" })),
    http.get(at("/runs/:id"), ({ params }) =>
      HttpResponse.json(runs.find((run) => run.id === Number(params.id))),
    ),
  );
  const database = new OutboxDatabase(`runs-${crypto.randomUUID()}`);
  const outbox = new Outbox({
    database,
    transport: async () => {
      throw new ApiError({ status: 0, code: "network", message: "" });
    },
  });
  opened.push({ outbox, database });
  outbox.start(3);
  const page = renderPage(
    <OutboxContext value={outbox}>
      <MyRunsPage />
    </OutboxContext>,
  );
  return { ...page, outbox };
}

describe("my runs", () => {
  afterEach(async () => {
    for (const { outbox, database } of opened.splice(0)) {
      outbox.stop();
      await outbox.flush();
      database.close();
    }
  });

  it("shows today's run, however many there were before", async () => {
    const old = makeRunDetail({ id: 1, date: addDays(today(), -3), status: "completed" });
    const run = makeRunDetail({ status: "planned", started_at: null });
    show([run]);
    server.use(
      http.get(at("/me/runs"), ({ request }) =>
        HttpResponse.json(
          new URL(request.url).searchParams.get("cursor") === "next"
            ? { items: [run], next_cursor: "" }
            : { items: [old], next_cursor: "next" },
        ),
      ),
    );
    expect(await screen.findByRole("article", { name: run.tour.name })).toBeVisible();
  });

  it("shows what was done on this device, and that it is not sent", async () => {
    const run = makeRunDetail({ status: "planned", started_at: null });
    const { outbox } = show([run]);
    const card = await screen.findByRole("article", { name: run.tour.name });
    expect(within(card).getByText("gepland")).toBeVisible();

    const occurredAt = new Date().toISOString();
    await outbox.add({ kind: "start", runId: 12, occurredAt });
    await outbox.add({
      kind: "outcome",
      runId: 12,
      buildingId: 100,
      outcome: "skipped",
      reason: "Geen bakken",
      occurredAt,
    });

    expect(await within(card).findByText("bezig")).toBeVisible();
    expect(within(card).getByText("1 / 2")).toBeVisible();
    expect(within(card).getByText("nog niet alles verstuurd")).toBeVisible();
    expect(within(card).getByRole("link", { name: /^Ga verder/ })).toBeVisible();
  });

  it("fetches the runs of today and tomorrow before anybody opens them", async () => {
    const day = today();
    const runs = [0, 1, 2, -2].map((days, index) =>
      makeRunDetail({ id: 20 + index, status: "planned", date: addDays(day, days) }),
    );
    const { queryClient } = show(runs);

    await waitFor(() => expect(queryClient.getQueryData(queryKeys.run(21))).toBeDefined());
    expect(queryClient.getQueryData(queryKeys.run(20))).toBeDefined();
    expect(queryClient.getQueryData(queryKeys.run(22))).toBeUndefined();
    expect(queryClient.getQueryData(queryKeys.run(23))).toBeUndefined();
  });

  it("puts cancelled runs below the open ones, and a run of last night with today's", async () => {
    show([
      makeRunDetail({ id: 1, status: "cancelled", tour: { id: 1, name: "Geannuleerd" } }),
      makeRunDetail({ id: 2, status: "completed", tour: { id: 2, name: "Klaar" } }),
      makeRunDetail({ id: 3, status: "planned", tour: { id: 3, name: "Gepland" } }),
      makeRunDetail({
        id: 4,
        status: "started",
        date: addDays(today(), -1),
        tour: { id: 4, name: "Nacht" },
      }),
    ]);
    await screen.findByRole("article", { name: "Nacht" });
    const names = screen.getAllByRole("article").map((card) => card.getAttribute("aria-label"));
    expect(names).toEqual(["Nacht", "Gepland", "Klaar", "Geannuleerd"]);
  });
});
