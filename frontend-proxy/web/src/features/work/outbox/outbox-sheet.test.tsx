import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError } from "@/shared/api/client";
import { makeVisit } from "@/shared/testing/data";
import { renderPage } from "@/testing/render";
import { OutboxDatabase } from "./database";
import { Outbox, type Transport } from "./outbox";
import { OutboxContext } from "./outbox-context";
import { OutboxSheet } from "./outbox-sheet";

const opened: { outbox: Outbox; database: OutboxDatabase }[] = [];
const occurredAt = "2026-11-24T17:00:00Z";

async function show(transport: Transport, whoIsSignedIn = async () => 3) {
  const database = new OutboxDatabase(`sheet-${crypto.randomUUID()}`);
  let clock = Date.now();
  const outbox = new Outbox({ database, transport, whoIsSignedIn, now: () => clock });
  opened.push({ outbox, database });
  outbox.start(3);
  const add = async (runId: number, tour: string) => {
    const where = { runId, tour, buildingId: 100, address: "Veldstraat 2" };
    await outbox.add({
      kind: "picture",
      ...where,
      step: "arrival",
      takenAt: occurredAt,
      bytes: new ArrayBuffer(4),
      contentType: "image/jpeg",
    });
    await outbox.add({ kind: "step", ...where, step: "arrival", occurredAt });
    await outbox.add({ kind: "complete", runId, tour, reason: "Sneeuw", occurredAt });
  };
  await add(12, "Centrum");
  await outbox.flush();
  renderPage(
    <OutboxContext value={outbox}>
      <OutboxSheet opened onClose={() => undefined} />
    </OutboxContext>,
  );
  await screen.findByRole("dialog", { name: "Te versturen" });
  return {
    outbox,
    add,
    user: userEvent.setup(),
    later: () => {
      clock += 60_000;
      return outbox.flush();
    },
  };
}

const cancelled = () =>
  new ApiError({ status: 400, code: "failed_precondition", message: "", reason: "run_cancelled" });

describe("outbox sheet", () => {
  afterEach(async () => {
    for (const { outbox, database } of opened.splice(0)) {
      outbox.stop();
      await outbox.flush();
      database.close();
    }
  });

  it("shows all of a long queue", async () => {
    const { outbox } = await show(async () => {
      throw new ApiError({ status: 0, code: "network", message: "" });
    });
    for (let number = 1; number <= 20; number += 1) {
      const text = `Opmerking ${number}`;
      await outbox.add({ kind: "remark", runId: 12, buildingId: 100, text, occurredAt });
    }
    const list = await screen.findByRole("list", { name: "Rit Centrum" });
    await waitFor(() => expect(within(list).getAllByRole("listitem")).toHaveLength(23));
  });

  it("tells which run and building a thing belongs to", async () => {
    await show(async () => {
      throw new ApiError({ status: 0, code: "network", message: "" });
    });
    const list = await screen.findByRole("list", { name: "Rit Centrum" });
    expect(within(list).getAllByRole("listitem")[0]).toHaveTextContent("Veldstraat 2");
    expect(screen.getByText(/^Geen verbinding/)).toBeVisible();
  });

  it("does not promise to send what a cancelled run refused, and removes it all at once", async () => {
    const { user, outbox } = await show(async () => {
      throw cancelled();
    });
    expect(await screen.findByText(/^Deze onderdelen worden niet verstuurd/)).toBeVisible();
    expect(screen.queryByText(/wordt vanzelf verstuurd|zodra er verbinding/)).toBeNull();
    expect(screen.getByText("Het kantoor heeft deze rit geannuleerd.")).toBeVisible();

    await user.click(screen.getByRole("button", { name: "Verwijder deze 3 onderdelen …" }));
    await user.click(screen.getByRole("button", { name: "Verwijder 3 onderdelen" }));

    expect(await screen.findByText("Alles is verstuurd")).toHaveFocus();
    expect(outbox.getSnapshot().entries).toEqual([]);
  });

  it("keeps what is refused since the run is somebody else's, and says since when", async () => {
    const { outbox } = await show(async () => {
      throw new ApiError({
        status: 403,
        code: "permission_denied",
        message: "",
        reason: "run_given_away",
        since: "2026-01-05T11:30:00Z",
      });
    });
    const list = await screen.findByRole("list", { name: "Rit Centrum" });
    expect(
      await within(list).findAllByText(
        /^Deze rit is niet meer van jou: .*iemand anders \(ma 5 jan.* 12:30\)/,
      ),
    ).not.toEqual([]);
    const { entries } = outbox.getSnapshot();
    expect(entries.map(({ kind }) => kind)).toEqual(["picture", "step", "complete"]);
    expect(entries[0]).toMatchObject({ state: "refused", refusal: { reason: "run_given_away" } });
  });

  it("removes nothing of another run", async () => {
    const { user, outbox, add } = await show(async ({ entry }) => {
      if (entry.runId === 12) {
        throw cancelled();
      }
      throw new ApiError({ status: 0, code: "network", message: "" });
    });
    await add(13, "Zuid");
    await user.click(await screen.findByRole("button", { name: "Verwijder deze 3 onderdelen …" }));
    await user.click(screen.getByRole("button", { name: "Verwijder 3 onderdelen" }));

    await waitFor(() =>
      expect(outbox.getSnapshot().entries.map((entry) => entry.runId)).toEqual([13, 13, 13]),
    );
  });

  it("shows what the server fails at, and lets it be given up", async () => {
    const { user, outbox, later } = await show(async ({ entry }) => {
      if (entry.kind === "picture") {
        throw new ApiError({ status: 500, code: "internal", message: "" });
      }
      return { kind: "visit", visit: makeVisit([]) };
    });
    for (let tries = 0; tries < 5; tries += 1) {
      await later();
    }
    const list = await screen.findByRole("list", { name: "Rit Centrum" });
    expect(await within(list).findByText(/de server heeft er een probleem mee/)).toBeVisible();

    await user.click(within(list).getByRole("button", { name: "Verwijder" }));
    await user.click(within(list).getByRole("button", { name: "Verwijder Foto aankomst" }));
    await waitFor(() => expect(outbox.getSnapshot().entries).toEqual([]));
  });

  it("shows what a filter in between does not let through, and lets it be given up", async () => {
    const { user, outbox, later } = await show(async ({ entry }) => {
      if (entry.kind === "picture") {
        throw new ApiError({ status: 403, code: "foreign_answer", message: "" });
      }
      return { kind: "visit", visit: makeVisit([]) };
    });
    for (let tries = 0; tries < 5; tries += 1) {
      await later();
    }
    const list = await screen.findByRole("list", { name: "Rit Centrum" });
    expect(await within(list).findByText(/iets in dit netwerk houdt het tegen/)).toBeVisible();

    await user.click(within(list).getByRole("button", { name: "Verwijder" }));
    expect(outbox.getSnapshot().entries).not.toEqual([]);
    await user.click(within(list).getByRole("button", { name: "Verwijder Foto aankomst" }));
    await waitFor(() => expect(outbox.getSnapshot().entries).toEqual([]));
  });
});
