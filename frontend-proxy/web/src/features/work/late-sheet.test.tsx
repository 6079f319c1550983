import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, it, onTestFinished, vi } from "vitest";
import { makeRunDetail } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { OutboxDatabase } from "./outbox/database";
import { Outbox } from "./outbox/outbox";
import { OutboxContext } from "./outbox/outbox-context";
import { WorkPage } from "./work-page";

const network = vi.hoisted(() => {
  let bring = () => {};
  const arrival = new Promise<void>((resolve) => {
    bring = resolve;
  });
  return { arrival, bring: () => bring() };
});
vi.mock("./stop-list-sheet", async (original) => {
  await network.arrival;
  return original();
});

it("shows that a sheet is coming to who tapped before its part was here, and opens it then", async () => {
  const run = makeRunDetail();
  server.use(
    http.get(at("/me/swaps"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at(`/runs/${run.id}`), () => HttpResponse.json(run)),
    http.get(at("/me/runs"), () => HttpResponse.json({ items: [run], next_cursor: "" })),
    http.get(at("/waste-kinds"), () => HttpResponse.json({ items: [] })),
  );
  const database = new OutboxDatabase(`late-${crypto.randomUUID()}`);
  const outbox = new Outbox({ database, transport: () => new Promise(() => undefined) });
  onTestFinished(() => {
    outbox.stop();
    database.close();
  });
  outbox.start(3);
  renderPage(
    <OutboxContext value={outbox}>
      <WorkPage accountId={3} runId={run.id} stop={undefined} onShowStop={() => undefined} />
    </OutboxContext>,
  );
  const button = await screen.findByRole("button", { name: /toon alle haltes$/ });
  expect(screen.queryByText(/^Bezig met laden/)).toBeNull();
  const user = userEvent.setup();
  await user.click(button);
  expect(await screen.findByText(/^Bezig met laden/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Sluiten" }));
  await waitFor(() => expect(screen.queryByText(/^Bezig met laden/)).toBeNull());
  await user.click(button);
  expect(await screen.findByText(/^Bezig met laden/)).toBeVisible();
  expect(screen.queryByRole("dialog")).toBeNull();

  network.bring();
  expect(await screen.findByRole("dialog", { name: "Alle haltes" })).toBeVisible();
  await waitFor(() => expect(screen.queryByText(/^Bezig met laden/)).toBeNull());
});
