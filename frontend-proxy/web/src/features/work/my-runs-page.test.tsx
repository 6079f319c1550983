import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { RunDetail, Swap } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { makeRunDetail, makeSwap } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { MyRunsPage } from "./my-runs-page";
import { OutboxDatabase } from "./outbox/database";
import { Outbox } from "./outbox/outbox";
import { OutboxContext } from "./outbox/outbox-context";
import { workRunQuery } from "./queries";

const opened: { outbox: Outbox; database: OutboxDatabase }[] = [];

type Swaps = { mine?: Swap[]; open?: Swap[] };

function show(runs: RunDetail[], { mine = [], open = [] }: Swaps = {}) {
  server.use(
    http.get(at("/me/swaps"), () => HttpResponse.json({ items: mine, next_cursor: "" })),
    http.get(at("/me/swaps/open"), () => HttpResponse.json({ items: open, next_cursor: "" })),
    http.get(at("/me/runs"), () => HttpResponse.json({ items: runs, next_cursor: "" })),
    http.get(at("/waste-kinds"), () => HttpResponse.json({ items: [] })),
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

  it("shows what was sent with the app closed, of which only the run itself tells without network", async () => {
    const run = makeRunDetail({ status: "planned", started_at: null });
    const { queryClient } = show([run]);
    const { queryKey } = workRunQuery(run.id);
    await waitFor(() => expect(queryClient.getQueryData(queryKey)).toBeDefined());
    const card = screen.getByRole("article", { name: run.tour.name });
    expect(within(card).getByText("gepland")).toBeVisible();

    const started = { ...run, status: "started" as const, started_at: new Date().toISOString() };
    act(() => {
      queryClient.setQueryData(queryKey, started, { updatedAt: Date.now() + 1_000 });
    });
    expect(await within(card).findByText("bezig")).toBeVisible();
    expect(within(card).queryByText("nog niet alles verstuurd")).toBeNull();
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

  it("asks somebody else, once however often it is sent", async () => {
    const user = userEvent.setup();
    const run = makeRunDetail({ status: "planned", date: addDays(today(), 3), started_at: null });
    show([run]);
    const sent: { id: string; run_id: number; message: string }[] = [];
    server.use(
      http.post(at("/swaps"), async ({ request }) => {
        sent.push((await request.json()) as (typeof sent)[number]);
        return sent.length === 1
          ? HttpResponse.json({ code: "unavailable", message: "No." }, { status: 503 })
          : HttpResponse.json(makeSwap());
      }),
    );
    await user.click(await screen.findByRole("button", { name: /^Meer: Centrum-Noord/ }));
    await user.click(await screen.findByRole("menuitem", { name: "Vraag iemand anders" }));
    const dialog = await screen.findByRole("dialog", { name: "Iemand anders vragen" });
    await user.type(within(dialog).getByLabelText(/^Bericht/), " Examen ");
    await user.click(within(dialog).getByRole("button", { name: "Vraag het" }));
    expect(await within(dialog).findByRole("alert")).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Vraag het" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
    expect(sent[0]).toMatchObject({ run_id: run.id, message: "Examen" });
    expect(sent[1]).toEqual(sent[0]);
  });

  it("says that somebody else is asked, and takes the question back", async () => {
    const user = userEvent.setup();
    const run = makeRunDetail({ status: "planned", started_at: null });
    const taker = { id: 4, first_name: "Lucas", last_name: "" };
    const swap = makeSwap({ state: "taken", taken_by: taker });
    show([run], { mine: [swap] });
    const card = await screen.findByRole("article", { name: run.tour.name });
    expect(await within(card).findByText("Lucas wil overnemen, kantoor beslist")).toBeVisible();
    let withdrawn = false;
    server.use(
      http.post(at(`/swaps/${swap.id}/withdraw`), () => {
        withdrawn = true;
        return HttpResponse.json({ ...swap, state: "withdrawn" });
      }),
    );
    await user.click(within(card).getByRole("button", { name: /^Meer:/ }));
    await user.click(await screen.findByRole("menuitem", { name: "Trek de vraag in" }));
    await user.click(await screen.findByRole("button", { name: "Trek in" }));
    await waitFor(() => expect(withdrawn).toBe(true));
  });

  it("offers runs of others, and says when somebody else was faster", async () => {
    const user = userEvent.setup();
    const swap = makeSwap({ warnings: ["same_day", "of_a_newer_server"] });
    show([], { open: [swap] });
    const section = await screen.findByRole("region", { name: "Ruilen" });
    expect(within(section).getByText("Gevraagd door Lotte")).toBeVisible();
    expect(within(section).getByText("Je hebt die dag nog een rit.")).toBeVisible();
    server.use(
      http.post(at(`/swaps/${swap.id}/take`), () =>
        HttpResponse.json(
          { code: "failed_precondition", message: "No.", details: { reason: "swap_taken" } },
          { status: 400 },
        ),
      ),
    );
    await user.click(within(section).getByRole("button", { name: /^Neem over: Centrum-Noord/ }));
    const dialog = await screen.findByRole("dialog", { name: "Rit overnemen?" });
    await user.click(within(dialog).getByRole("button", { name: "Neem over" }));
    expect(await within(dialog).findByRole("alert")).toHaveTextContent(
      "Iemand anders heeft deze rit al overgenomen.",
    );
  });

  it("says why a swap was refused", async () => {
    show([makeRunDetail({ status: "planned", started_at: null })], {
      mine: [
        makeSwap({ state: "refused", reason: "Te laat", ended_at: `${today()}T08:00:00Z` }),
        makeSwap({ id: "b", state: "refused", reason: "Ooit", ended_at: "2020-01-01T08:00:00Z" }),
      ],
    });
    expect(await screen.findByText("Geweigerd: Te laat")).toBeVisible();
    expect(screen.queryByText("Geweigerd: Ooit")).not.toBeInTheDocument();
  });
});
