import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import type { RunDetail } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { makeRunDetail } from "@/shared/testing/data";
import { renderPage } from "@/shared/testing/render";
import { at, server } from "@/shared/testing/server";
import { OutboxDatabase } from "./outbox/database";
import type { Entry } from "./outbox/entries";
import { Outbox } from "./outbox/outbox";
import { OutboxContext } from "./outbox/outbox-context";
import { WorkPage } from "./work-page";

const opened: { outbox: Outbox; database: OutboxDatabase }[] = [];

async function show(run: RunDetail) {
  server.use(
    http.get(at(`/runs/${run.id}`), () => HttpResponse.json(run)),
    http.get(at("/me/runs"), () => HttpResponse.json({ items: [run] })),
  );
  const database = new OutboxDatabase(`work-${crypto.randomUUID()}`);
  // The phone has no network: everything must work all the same.
  const outbox = new Outbox({
    database,
    transport: async () => {
      throw new ApiError({ status: 0, code: "network", message: "" });
    },
  });
  opened.push({ outbox, database });
  outbox.start(3);
  const onShowStop = vi.fn();
  renderPage(
    <OutboxContext value={outbox}>
      <WorkPage accountId={3} runId={run.id} stop={undefined} onShowStop={onShowStop} />
    </OutboxContext>,
  );
  await screen.findByRole("heading", { level: 1, name: run.tour.name });
  return {
    user: userEvent.setup(),
    queue: async (): Promise<Entry[]> => database.entries.orderBy("seq").toArray(),
    onShowStop,
  };
}

const photo = () =>
  new File([new Uint8Array([0xff, 0xd8, 0xff, 0xe0])], "bins.jpg", { type: "image/jpeg" });

describe("working view", () => {
  afterEach(async () => {
    for (const { outbox, database } of opened.splice(0)) {
      outbox.stop();
      await outbox.flush();
      database.close();
    }
  });

  it("says why a step cannot be confirmed, and confirms it once it has a photo", async () => {
    const { user, queue } = await show(makeRunDetail());
    const button = screen.getByRole("button", { name: "Klaar met aankomst nog een foto nodig" });
    expect(button).toHaveAttribute("aria-disabled", "true");
    await user.click(button);
    expect(await queue()).toEqual([]);

    await user.upload(screen.getByLabelText("Foto toevoegen"), photo());
    await screen.findByRole("img", { name: "Foto aankomst wacht op verbinding" });
    await user.click(screen.getByRole("button", { name: "Klaar met aankomst" }));

    const steps = screen.getByRole("list", { name: "Stappen" });
    await waitFor(() =>
      expect(within(steps).getByText("Binnen").closest("li")).toHaveAttribute("aria-current"),
    );
    expect((await queue()).map((entry) => entry.kind)).toEqual(["picture", "step"]);
    expect(screen.getByRole("button", { name: "2 onderdelen te versturen" })).toBeVisible();
    expect(screen.getByRole("button", { name: /^Klaar binnen/ })).toHaveAttribute(
      "aria-disabled",
      "true",
    );
  });

  it("skips a stop only with a reason and goes on to the next", async () => {
    const { user, queue, onShowStop } = await show(makeRunDetail());
    await user.click(screen.getByRole("button", { name: "Sla over …" }));
    const confirm = await screen.findByRole("button", {
      name: "Sla Overpoortstraat 1 bus 302 over",
    });
    await user.click(confirm);
    expect(await screen.findByText("Geef een reden")).toBeVisible();
    expect(await queue()).toEqual([]);

    await user.click(screen.getByRole("button", { name: "Geen toegang" }));
    await user.click(confirm);

    await waitFor(() => expect(onShowStop).toHaveBeenCalledWith(undefined));
    expect(await queue()).toMatchObject([
      { kind: "outcome", outcome: "skipped", reason: "Geen toegang", buildingId: 100 },
    ]);
    expect(await screen.findByRole("heading", { level: 2, name: "Veldstraat 2" })).toBeVisible();
  });

  it("starts a run on its own day only", async () => {
    const { user, queue } = await show(
      makeRunDetail({ status: "planned", date: addDays(today(), 1) }),
    );
    const start = screen.getByRole("button", { name: "Start rit Je start deze rit morgen" });
    await user.click(start);
    expect(start).toHaveAttribute("aria-disabled", "true");
    expect(await queue()).toEqual([]);
  });

  it("starts a run without network", async () => {
    const { user, queue } = await show(makeRunDetail({ status: "planned", started_at: null }));
    await user.click(screen.getByRole("button", { name: "Start rit" }));

    expect(
      await screen.findByRole("heading", { level: 2, name: "Overpoortstraat 1 bus 302" }),
    ).toBeVisible();
    expect(await queue()).toMatchObject([{ kind: "start", runId: 12 }]);
  });
});
