import { useQuery } from "@tanstack/react-query";
import { act, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { Suspense } from "react";
import { describe, expect, it } from "vitest";
import { AskedSwap } from "@/features/work/asked-swap";
import { OutboxDatabase } from "@/features/work/outbox/database";
import { Outbox } from "@/features/work/outbox/outbox";
import { OutboxContext } from "@/features/work/outbox/outbox-context";
import { workRunQuery } from "@/features/work/queries";
import { makeAccount, makeRunDetail, makeSwap } from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { useSession } from "./use-session";

const run = makeRunDetail({ status: "planned", started_at: null });

function Worker() {
  useSession();
  const kept = useQuery(workRunQuery(run.id));
  return (
    <>
      <AskedSwap runId={run.id} />
      <output>{kept.data?.idle_stops}</output>
    </>
  );
}

/** A worker's page, and what the server answers it from now on. */
async function show() {
  const answers = {
    swap: makeSwap({ run: { ...makeSwap().run, id: run.id }, state: "open", taken_by: null }),
    idle: 3,
  };
  server.use(
    http.get(at("/me"), () => HttpResponse.json(makeAccount({ id: 3 }))),
    http.get(at("/me/swaps"), () => HttpResponse.json({ items: [answers.swap], next_cursor: "" })),
    http.get(at("/runs/:id"), () => HttpResponse.json({ ...run, idle_stops: answers.idle })),
  );
  const { live, socket } = makeTestLive();
  const outbox = new Outbox({
    database: new OutboxDatabase(`session-${crypto.randomUUID()}`),
    transport: async () => ({ kind: "incident" }),
  });
  renderPage(
    <OutboxContext value={outbox}>
      <Suspense>
        <Worker />
      </Suspense>
    </OutboxContext>,
    { live },
  );
  await screen.findByText("vervanging gevraagd");
  act(() => {
    socket.opens();
    socket.receives({ op: "subscribed", channel: "me", id: "1-0", recovered: true });
  });
  const hears = (type: string, data: object) =>
    act(() => socket.receives({ op: "event", channel: "me", id: "2-0", type, data }));
  return { answers, hears };
}

describe("a worker who is signed in", () => {
  it("sees at once that somebody has taken the run", async () => {
    const { answers, hears } = await show();
    answers.swap = {
      ...answers.swap,
      state: "taken",
      taken_by: { id: 4, first_name: "Lucas", last_name: "" },
    };
    hears("swap.taken", { swap_id: answers.swap.id, state: "taken" });
    expect(await screen.findByText(/Lucas/)).toBeVisible();
  });

  it("sees at once what comes or goes of the collections on a run that the device keeps", async () => {
    const { answers, hears } = await show();
    expect(await screen.findByText("3")).toBeVisible();
    answers.idle = 1;
    hears("collection.changed", { from: run.date, to: run.date });
    expect(await screen.findByText("1")).toBeVisible();
  });
});
