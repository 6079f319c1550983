import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import type { RunDetail, Swap } from "@/shared/api/types";
import { addDays, dayOf, dayText, today } from "@/shared/dates";
import {
  makePicture,
  makeRemark,
  makeRunDetail,
  makeStop,
  makeSwap,
  makeVisit,
} from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { openRun, rememberOpenRun } from "./open-run";
import { OutboxDatabase } from "./outbox/database";
import { type Entry, isUnshrunk } from "./outbox/entries";
import { inPage } from "./outbox/in-page";
import { LazyOutbox } from "./outbox/lazy-outbox";
import { Outbox } from "./outbox/outbox";
import { OutboxContext } from "./outbox/outbox-context";
import { WorkPage } from "./work-page";

const opened: { outbox: Outbox; database: OutboxDatabase }[] = [];

async function show(run: RunDetail, swaps: Swap[] = [], stop?: number) {
  server.use(
    http.get(at("/me/swaps"), () => HttpResponse.json({ items: swaps, next_cursor: "" })),
    http.get(at(`/runs/${run.id}`), () => HttpResponse.json(run)),
    http.get(at("/me/runs"), () => HttpResponse.json({ items: [run], next_cursor: "" })),
    http.get(at("/waste-kinds"), () => HttpResponse.json({ items: [] })),
  );
  const database = new OutboxDatabase(`work-${crypto.randomUUID()}`);
  // The phone has no network: everything must work all the same.
  const outbox = new Outbox({
    ...inPage,
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
      <WorkPage accountId={3} runId={run.id} stop={stop} onShowStop={onShowStop} />
    </OutboxContext>,
  );
  await screen.findByRole("heading", { level: 1, name: run.tour.name });
  await waitFor(() => expect(outbox.getSnapshot().read).toBe(true));
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

  it("says which stops have changed until the worker has seen them", async () => {
    const run = makeRunDetail({
      status: "planned",
      stops_changed: true,
      stops_change: {
        version: 4,
        changed_at: "2026-11-24T17:00:00Z",
        seen: false,
        seen_at: null,
        changes: [{ kind: "moved", building: makeStop(2).building, position: 1, before: 2 }],
      },
    });
    const asked: unknown[] = [];
    const { user } = await show(run);
    const seen = { ...run, stops_changed: false, stops_change: null, version: 2 };
    server.use(
      http.post(at("/runs/12/stops-seen"), async ({ request }) => {
        asked.push(await request.json());
        return HttpResponse.json(seen);
      }),
    );
    const changes = within(await screen.findByRole("list", { name: "Gewijzigde haltes" }));
    expect(changes.getByText("van plaats 2 naar 1", { exact: false })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Ik heb het gezien" }));
    await waitFor(() => expect(screen.queryByText(/zijn gewijzigd/)).toBeNull());
    expect(asked).toEqual([{ version: 4 }]);
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

  it("says that somebody else was asked, and who would do it", async () => {
    const run = makeRunDetail({ status: "planned", started_at: null });
    await show(run, [
      makeSwap({ id: "a", state: "withdrawn" }),
      makeSwap({ state: "taken", taken_by: { id: 4, first_name: "Lucas", last_name: "" } }),
    ]);
    expect(await screen.findByText("Lucas wil overnemen, kantoor beslist")).toBeVisible();
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
    expect(await queue()).toMatchObject([
      { kind: "start", runId: 12, buildingIds: [100, 200], stops: makeRunDetail().stops },
    ]);
  });

  it("says so when the run does not exist, and does not lead there again", async () => {
    rememberOpenRun(3, 12);
    server.use(
      http.get(at("/runs/12"), () =>
        HttpResponse.json({ code: "not_found", message: "No." }, { status: 404 }),
      ),
      http.get(at("/me/runs"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    );
    const database = new OutboxDatabase(`work-${crypto.randomUUID()}`);
    const outbox = new Outbox({ database, transport: () => new Promise(() => undefined) });
    opened.push({ outbox, database });
    renderPage(
      <OutboxContext value={outbox}>
        <WorkPage accountId={3} runId={12} stop={undefined} onShowStop={() => undefined} />
      </OutboxContext>,
    );
    expect(await screen.findByText("Deze rit is er niet")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Probeer opnieuw" })).toBeNull();
    expect(screen.getByRole("link", { name: "Naar mijn ritten" })).toBeVisible();
    expect(openRun(3)).toBeUndefined();
  });

  it("takes photos off a remark, those that the server has and those that wait here", async () => {
    const known = makeRemark("known", {
      text: "Licht stuk",
      pictures: [makePicture("p1", "arrival", { step: null, remark_id: "known" })],
    });
    const visit = makeVisit([], { remarks: [known] });
    const { user, queue } = await show(
      makeRunDetail({ stops: [makeStop(1, { visit }), makeStop(2)] }),
    );
    const remarks = within(await screen.findByRole("region", { name: "Opmerkingen" }));
    const edit = async () => {
      await user.click(remarks.getByRole("button", { name: "Wijzig opmerking: Licht stuk" }));
      return within(await screen.findByRole("dialog", { name: "Opmerking wijzigen" }));
    };
    let sheet = await edit();
    await user.upload(sheet.getByLabelText("Foto toevoegen"), photo());
    await user.click(sheet.getByRole("button", { name: "Bewaar opmerking" }));
    await remarks.findByRole("img", { name: "Foto opmerking wacht op verbinding" });
    const [waiting] = await queue();

    sheet = await edit();
    await user.click(sheet.getByRole("button", { name: "Verwijder foto 2" }));
    await user.click(sheet.getByRole("button", { name: "Verwijder foto 1" }));
    await user.click(sheet.getByRole("button", { name: "Bewaar opmerking" }));
    await waitFor(() => expect(remarks.queryAllByRole("img")).toEqual([]));
    // The server is told of both: it may have the photo whose answer never came.
    await waitFor(async () =>
      expect(await queue()).toMatchObject([
        { kind: "picture_removal", remarkId: "known", pictureId: waiting?.id },
        { kind: "picture_removal", remarkId: "known", pictureId: "p1" },
      ]),
    );
  });

  it("takes remarks at a stop until a day after the end of the run", async () => {
    const stops = [1, 2].map((position) =>
      makeStop(position, {
        visit: makeVisit([], { building_id: position * 100, outcome: "done" }),
      }),
    );
    const ended = (hours: number) =>
      makeRunDetail({
        status: "completed",
        stops,
        completed_at: new Date(Date.now() - hours * 3_600_000).toISOString(),
      });
    const first = await show(ended(23), [], 2);
    await first.user.click(screen.getByRole("button", { name: "Opmerking" }));
    const sheet = within(await screen.findByRole("dialog"));
    await first.user.type(sheet.getByRole("textbox"), "Sleutel teruggebracht");
    await first.user.click(sheet.getByRole("button", { name: "Bewaar opmerking" }));
    await waitFor(async () =>
      expect(await first.queue()).toMatchObject([{ kind: "remark", buildingId: 200 }]),
    );
    expect(screen.queryByRole("button", { name: "Sla over …" })).toBeNull();
    await first.user.click(screen.getByRole("button", { name: "Terug naar het overzicht" }));
    expect(first.onShowStop).toHaveBeenLastCalledWith(undefined);
    cleanup();

    const { user, onShowStop } = await show(ended(23));
    expect(screen.queryByText(/alleen op dit toestel/)).toBeNull();
    await user.click(screen.getByRole("button", { name: /Veldstraat 2/ }));
    expect(onShowStop).toHaveBeenCalledWith(2);
    cleanup();

    await show(ended(25), [], 2);
    expect(screen.getByRole("list", { name: "Alle haltes" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Opmerking" })).toBeNull();
    expect(screen.queryByRole("button", { name: /Veldstraat 2/ })).toBeNull();
  });

  it("says at the end of a run what the device has not sent yet, and what helps", async () => {
    const done = makeVisit([], { outcome: "done" });
    const { user } = await show(
      makeRunDetail({ stops: [makeStop(1, { visit: done }), makeStop(2)] }),
    );
    await user.click(screen.getByRole("button", { name: "Sla over …" }));
    await user.type(await screen.findByRole("textbox"), "Poort toe");
    await user.click(screen.getByRole("button", { name: /^Sla .+ over$/ }));
    expect(await screen.findByText(/1 onderdeel staat nog alleen op dit toestel/)).toBeVisible();
  });

  it("shows no step before it knows what waits on this device", async () => {
    server.use(
      http.get(at("/runs/12"), () => HttpResponse.json(makeRunDetail())),
      http.get(at("/me/runs"), () => HttpResponse.json({ items: [], next_cursor: "" })),
      http.get(at("/waste-kinds"), () => HttpResponse.json({ items: [] })),
    );
    // Loading still.
    const outbox = new LazyOutbox(() => new Promise<never>(() => undefined));
    renderPage(
      <OutboxContext value={outbox}>
        <WorkPage accountId={3} runId={12} stop={undefined} onShowStop={() => undefined} />
      </OutboxContext>,
    );
    await screen.findByRole("heading", { level: 1, name: makeRunDetail().tour.name });
    expect(screen.queryByRole("list", { name: "Stappen" })).toBeNull();
    expect(screen.queryByLabelText("Foto toevoegen")).toBeNull();
  });

  it("opens where its own account left it, and nobody else", async () => {
    await show(makeRunDetail());
    await waitFor(() => expect(openRun(3)?.runId).toBe(12));
    expect(openRun(99)).toBeUndefined();
  });

  it("offers no second list under the list of a finished run", async () => {
    await show(makeRunDetail({ status: "completed" }));
    expect(screen.getByRole("list", { name: "Alle haltes" })).toBeVisible();
    expect(screen.queryByRole("button", { name: /toon alle haltes/ })).toBeNull();
  });

  it("shows which quick reason is chosen", async () => {
    const { user } = await show(makeRunDetail());
    await user.click(screen.getByRole("button", { name: "Sla over …" }));
    const reasons = await screen.findByRole("group", { name: "Snel kiezen" });
    const chosen = within(reasons).getByRole("button", { name: "Geen toegang" });
    expect(chosen).toHaveAttribute("aria-pressed", "false");

    await user.click(chosen);

    expect(chosen).toHaveAttribute("aria-pressed", "true");
    expect(within(reasons).getByRole("button", { name: "Geen bakken" })).toHaveAttribute(
      "aria-pressed",
      "false",
    );
  });

  it("says that a text file is no photo and queues nothing", async () => {
    const { user, queue } = await show(makeRunDetail());
    const diary = new File(["Dear diary"], "bins.jpg", { type: "image/jpeg" });
    await user.upload(screen.getByLabelText("Foto toevoegen"), diary);
    expect(await screen.findByText(/^Dit is geen foto die wij kunnen lezen/)).toBeVisible();
    await waitFor(async () => expect(await queue()).toEqual([]));
  });

  it("marks a photo that is older than the run", async () => {
    const { user } = await show(makeRunDetail({ started_at: new Date().toISOString() }));
    const weekAgo = new Date(Date.now() - 7 * 24 * 3_600_000);
    const old = new File([new Uint8Array([0xff, 0xd8, 0xff])], "old.jpg", {
      type: "image/jpeg",
      lastModified: weekAgo.getTime(),
    });
    await user.upload(screen.getByLabelText("Foto toevoegen"), [photo()]);
    await screen.findByRole("img", { name: /^Foto aankomst/ });
    expect(screen.queryByText(/^van /)).toBeNull();
    await user.upload(screen.getByLabelText("Foto toevoegen"), [old]);
    expect(await screen.findByText(`van ${dayText(dayOf(weekAgo), "nl")}`)).toBeVisible();
  });

  it("takes no photo for one of tomorrow, whatever the file says", async () => {
    const { user, queue } = await show(makeRunDetail());
    const dayAhead = new File([new Uint8Array([0xff, 0xd8, 0xff])], "ahead.jpg", {
      type: "image/jpeg",
      lastModified: Date.now() + 24 * 3_600_000,
    });
    await user.upload(screen.getByLabelText("Foto toevoegen"), dayAhead);
    await screen.findByRole("img", { name: /^Foto aankomst/ });
    const [entry] = await queue();
    const takenAt = Date.parse((entry as { takenAt: string }).takenAt);
    expect(takenAt).toBeLessThanOrEqual(Date.now());
    expect(takenAt).toBeGreaterThan(Date.now() - 60_000);
  });

  it("decodes one photo at a time", async () => {
    let decoding = 0;
    let most = 0;
    vi.stubGlobal("createImageBitmap", async () => {
      decoding += 1;
      most = Math.max(most, decoding);
      await new Promise((resolve) => setTimeout(resolve, 5));
      decoding -= 1;
      throw new Error("no decoder here");
    });
    const { user, queue } = await show(makeRunDetail());
    const input = screen.getByLabelText("Foto toevoegen");
    for (let shot = 0; shot < 4; shot += 1) {
      await user.upload(input, photo());
    }
    await waitFor(async () => {
      expect(await queue()).toHaveLength(4);
      expect((await queue()).some(isUnshrunk)).toBe(false);
    });
    vi.unstubAllGlobals();
    expect(most).toBe(1);
  });

  it("lets go of a photo's image with its tile", async () => {
    const revoke = vi.fn();
    URL.revokeObjectURL = revoke;
    const { user } = await show(makeRunDetail());
    await user.upload(screen.getByLabelText("Foto toevoegen"), photo());
    const tile = await screen.findByRole("img", { name: /^Foto aankomst/ });
    await waitFor(() =>
      expect(
        tile.isConnected ? tile : screen.getByRole("img", { name: /^Foto aankomst/ }),
      ).toHaveAttribute("src", "blob:trottoir"),
    );

    cleanup();

    expect(revoke).toHaveBeenCalledWith("blob:trottoir");
  });

  it("keeps a remark with its photos without network, and shows it in the stop", async () => {
    const { user, queue } = await show(makeRunDetail());
    await user.click(screen.getByRole("button", { name: "Opmerking" }));
    const sheet = within(await screen.findByRole("dialog"));
    await user.click(sheet.getByRole("button", { name: "Bewaar opmerking" }));
    expect(sheet.getByText("Schrijf wat er is")).toBeVisible();
    await user.type(sheet.getByRole("textbox"), "De poort klemt");
    await user.upload(sheet.getByLabelText("Foto toevoegen"), [photo(), photo(), photo()]);
    await user.click(sheet.getByRole("button", { name: "Verwijder foto 3" }));
    await user.click(sheet.getByRole("button", { name: "Bewaar opmerking" }));

    const remarks = within(await screen.findByRole("region", { name: "Opmerkingen" }));
    expect(await remarks.findByText("De poort klemt")).toBeVisible();
    await waitFor(async () => expect(await queue()).toHaveLength(3));
    const [remark, ...photos] = await queue();
    expect(remark).toMatchObject({
      kind: "remark",
      runId: 12,
      buildingId: 100,
      text: "De poort klemt",
    });
    for (const entry of photos) {
      expect(entry).toMatchObject({ kind: "picture", remarkId: remark?.id });
      expect(entry).not.toHaveProperty("step");
    }
    expect(screen.getByRole("button", { name: /^Klaar met aankomst/ })).toHaveAttribute(
      "aria-disabled",
      "true",
    );
  });

  it("keeps a report for the office with its photos without network, and begins anew after", async () => {
    const { user, queue } = await show(makeRunDetail());
    await user.click(screen.getByRole("button", { name: "Probleem melden" }));
    const sheet = within(await screen.findByRole("dialog", { name: "Probleem melden" }));
    await user.click(sheet.getByRole("button", { name: "Melden" }));
    expect(sheet.getByText("Kies wat er is.")).toBeVisible();
    await user.click(sheet.getByRole("radio", { name: "Doorgang versperd" }));
    await user.type(sheet.getByRole("textbox"), "Werfcontainer");
    const input = document.querySelector<HTMLInputElement>('[role="dialog"] input[type="file"]');
    await user.upload(input as HTMLInputElement, [photo(), photo()]);
    await user.click(sheet.getByRole("button", { name: "Verwijder foto 2" }));
    await user.click(sheet.getByRole("button", { name: "Melden" }));

    expect(await screen.findByText(/Je melding staat klaar/)).toBeVisible();
    await waitFor(async () => expect(await queue()).toHaveLength(2));
    const [report, picture] = await queue();
    expect(report).toMatchObject({
      kind: "incident",
      runId: 12,
      buildingId: 100,
      problem: "blocked_access",
      text: "Werfcontainer",
    });
    expect(picture).toMatchObject({ kind: "picture", incidentId: report?.id });
    expect(screen.getByRole("button", { name: /^Klaar met aankomst/ })).toHaveAttribute(
      "aria-disabled",
      "true",
    );
    await user.click(screen.getByRole("button", { name: "Probleem melden" }));
    expect(within(await screen.findByRole("dialog")).getByRole("textbox")).toHaveValue("");
  });

  it("changes and deletes a remark, whether the server has it or not", async () => {
    const run = makeRunDetail();
    const known = makeRemark("known", { text: "Licht stuk" });
    const visit = makeVisit([], { remarks: [known] });
    const { user, queue } = await show({ ...run, stops: [makeStop(1, { visit }), makeStop(2)] });
    const remarks = within(await screen.findByRole("region", { name: "Opmerkingen" }));
    await user.click(remarks.getByRole("button", { name: "Wijzig opmerking: Licht stuk" }));
    const sheet = within(await screen.findByRole("dialog", { name: "Opmerking wijzigen" }));
    await user.type(sheet.getByRole("textbox"), " in de kelder");
    await user.click(sheet.getByRole("button", { name: "Bewaar opmerking" }));
    const written = { ignore: "textarea" }; // where it was typed
    expect(await remarks.findByText("Licht stuk in de kelder", written)).toBeVisible();
    expect(await queue()).toMatchObject([{ kind: "remark_change", remarkId: "known" }]);

    await user.click(
      remarks.getByRole("button", { name: "Verwijder opmerking: Licht stuk in de kelder" }),
    );
    const question = within(await screen.findByRole("dialog", { name: "Opmerking verwijderen?" }));
    await user.click(question.getByRole("button", { name: "Verwijder opmerking" }));
    await waitFor(() => expect(remarks.queryByText(/Licht stuk/)).toBeNull());
    await waitFor(async () =>
      expect(await queue()).toMatchObject([{ kind: "remark_deletion", remarkId: "known" }]),
    );
  });

  it("has what was written of a remark when the phone put the page away", async () => {
    const { user } = await show(makeRunDetail());
    await user.click(screen.getByRole("button", { name: "Opmerking" }));
    await user.type(within(await screen.findByRole("dialog")).getByRole("textbox"), "Half");
    cleanup();
    const again = await show(makeRunDetail());
    await again.user.click(screen.getByRole("button", { name: "Opmerking" }));
    expect(within(await screen.findByRole("dialog")).getByRole("textbox")).toHaveValue("Half");
    sessionStorage.clear();
  });

  it("undoes a step for some seconds, and goes back to the stop whose outcome was undone", async () => {
    const visit = makeVisit(["arrival", "inside"], {
      pictures: [makePicture("p-1", "departure")],
    });
    const run = makeRunDetail();
    const { user, queue, onShowStop } = await show({
      ...run,
      stops: [makeStop(1, { visit }), makeStop(2)],
    });
    await user.click(screen.getByRole("button", { name: "Klaar, halte afronden" }));
    expect(await screen.findByText("Halte klaar")).toBeVisible();
    expect(await screen.findByRole("heading", { level: 2, name: "Veldstraat 2" })).toBeVisible();
    const [held] = await queue();
    expect(held).toMatchObject({ kind: "step", step: "departure" });
    expect(held?.heldUntil).toBeGreaterThan(Date.now() + 8_000);

    await user.click(screen.getByRole("button", { name: "Ongedaan maken" }));

    await waitFor(async () => expect(await queue()).toEqual([]));
    expect(onShowStop).toHaveBeenLastCalledWith(1);
    await waitFor(() => expect(screen.queryByText("Halte klaar")).toBeNull());
  });

  it("goes to the stops beside by button and by swipe, and not from the edge of the screen", async () => {
    const run = makeRunDetail();
    const { user, onShowStop } = await show({
      ...run,
      stops: [
        makeStop(1, { visit: makeVisit([], { outcome: "skipped" }) }),
        makeStop(2),
        makeStop(3),
      ],
    });
    await user.click(
      screen.getByRole("button", { name: "Vorige halte: Overpoortstraat 1 bus 302" }),
    );
    expect(onShowStop).toHaveBeenLastCalledWith(1);
    await user.click(screen.getByRole("button", { name: "Volgende halte: Veldstraat 3" }));
    expect(onShowStop).toHaveBeenLastCalledWith(3);
    onShowStop.mockClear();

    const address = screen.getByRole("heading", { level: 2 });
    const swipe = (from: [number, number], to: [number, number]) => {
      fireEvent.touchStart(address, { touches: [{ clientX: from[0], clientY: from[1] }] });
      fireEvent.touchEnd(address, { changedTouches: [{ clientX: to[0], clientY: to[1] }] });
    };
    swipe([20, 300], [200, 300]); // where the browser's Back begins
    swipe([200, 100], [120, 300]); // scrolls
    swipe([200, 300], [180, 300]); // a tap that slipped
    expect(onShowStop).not.toHaveBeenCalled();
    swipe([200, 300], [100, 310]);
    expect(onShowStop).toHaveBeenLastCalledWith(3);
    swipe([100, 300], [220, 290]);
    expect(onShowStop).toHaveBeenLastCalledWith(1);
  });

  it("takes a photo of what stood in the way of a stop that failed", async () => {
    const { user, queue } = await show(makeRunDetail());
    await user.click(screen.getByRole("button", { name: "Sla over …" }));
    const sheet = within(await screen.findByRole("dialog"));
    expect(sheet.queryByLabelText("Foto toevoegen")).toBeNull();
    await user.click(sheet.getByRole("radio", { name: /^Niet gelukt/ }));
    await user.upload(sheet.getByLabelText("Foto toevoegen"), photo());
    await user.click(sheet.getByRole("button", { name: "Geen toegang" }));
    await user.click(sheet.getByRole("button", { name: /^Meld Overpoortstraat/ }));
    await waitFor(async () => expect(await queue()).toHaveLength(2));
    const entries = await queue();
    expect(entries.find(({ kind }) => kind === "picture")).toMatchObject({ step: "arrival" });
    expect(entries.find(({ kind }) => kind === "outcome")).toMatchObject({
      outcome: "failed",
      reason: "Geen toegang",
    });
  });

  it("shows what goes out on the day of the run and, later, on the next", async () => {
    const collection = (type: string, date: string, changes = {}) => ({
      type,
      date,
      note: "",
      put_out: true,
      bring_in: false,
      time_from: "",
      time_to: "",
      ...changes,
    });
    const date = today();
    const collections = [
      collection("PMD", date, { time_from: "07:00", time_to: "12:00" }),
      collection("RES", date, { put_out: false, bring_in: true }),
      collection("GFT", addDays(date, 1), { note: "Enkel de kleine bak" }),
    ];
    const run = makeRunDetail({ date, stops: [makeStop(1, { collections }), makeStop(2)] });
    await show(run);
    const row = (name: string) => within(screen.getByText(name).closest("div") as HTMLElement);
    expect(row("Vandaag buiten").getByText("PMD")).toBeVisible();
    expect(row("Vandaag buiten").getByText("07:00–12:00")).toBeVisible();
    expect(row("Vandaag binnenhalen").getByText("RES")).toBeVisible();
    expect(row("Morgen buiten").getByText("GFT")).toBeVisible();
    expect(row("Morgen buiten").getByText("GFT: Enkel de kleine bak")).toBeVisible();
  });

  it("says that nothing is kept when the device is full, and does not go on", async () => {
    const { user, queue, onShowStop } = await show(makeRunDetail());
    vi.spyOn((opened[0] as (typeof opened)[0]).database.entries, "put").mockImplementation(() => {
      throw new DOMException("", "QuotaExceededError");
    });
    await user.click(screen.getByRole("button", { name: "Sla over …" }));
    await user.click(await screen.findByRole("button", { name: "Geen toegang" }));
    await user.click(screen.getByRole("button", { name: /^Sla Overpoortstraat/ }));

    expect(await screen.findByText(/^Er is geen plaats meer op dit toestel/)).toBeVisible();
    expect(onShowStop).not.toHaveBeenCalled();
    expect(await queue()).toEqual([]);
  });
});
