import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, onTestFinished } from "vitest";
import type {
  AuditEntry,
  BuildingVisit,
  Collection,
  CollectionRule,
  Comment,
  Incident,
  Manual,
  PlannedVisit,
} from "@/shared/api/types";
import { addDays, fullDayText, today } from "@/shared/dates";
import {
  makeBuilding,
  makeCollection,
  makeCollectionRule,
  makeComment,
  makeIncident,
  makeIncidentDetail,
  makeManual,
  makeVisit,
  makeWasteKind,
} from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { BuildingPage } from "./building-page";

type Known = {
  comments: Comment[];
  manuals: Manual[];
  planned: PlannedVisit[];
  visits: BuildingVisit[];
  history: AuditEntry[];
  collections: Collection[];
  rules: CollectionRule[];
  incidents: Incident[];
  /** The searches with which visits were asked for. */
  asked: string[];
};

function answer(comments: Comment[], more: Partial<Known> = {}) {
  const kept: Known = {
    comments,
    manuals: [],
    planned: [],
    visits: [],
    history: [],
    collections: [],
    rules: [],
    incidents: [],
    asked: [],
    ...more,
  };
  server.use(
    http.get(at("/buildings/100"), () => HttpResponse.json(makeBuilding())),
    http.get(at("/waste-kinds"), () =>
      HttpResponse.json({
        items: [makeWasteKind(), makeWasteKind({ code: "GLS", name_nl: "Glas" })],
      }),
    ),
    http.get(at("/collections"), ({ request }) => {
      expect(new URL(request.url).searchParams.get("building")).toBe("100");
      return HttpResponse.json({ items: kept.collections, next_cursor: "" });
    }),
    http.get(at("/collection-rules"), () =>
      HttpResponse.json({ items: kept.rules, next_cursor: "" }),
    ),
    http.get(at("/building-places"), () =>
      HttpResponse.json({
        regions: [],
        ids: [],
        region_ids: [],
        latitudes: [],
        longitudes: [],
        addresses: [],
        complete: true,
      }),
    ),
    http.get(at("/buildings/100/comments"), () => HttpResponse.json({ items: kept.comments })),
    http.get(at("/audit"), ({ request }) => {
      expect(new URL(request.url).searchParams.get("thing_id")).toBe("100");
      return HttpResponse.json({ items: kept.history, names: [], next_cursor: "" });
    }),
    http.get(at("/buildings/100/manuals"), () => HttpResponse.json({ items: kept.manuals })),
    http.get(at("/incidents"), () => HttpResponse.json({ items: kept.incidents, next_cursor: "" })),
    http.get(at("/buildings/100/planned-visits"), () => HttpResponse.json({ items: kept.planned })),
    http.get(at("/buildings/100/visits"), ({ request }) => {
      kept.asked.push(new URL(request.url).search);
      return HttpResponse.json({ items: kept.visits, next_cursor: "" });
    }),
  );
  return kept;
}

function show({ live = makeTestLive(), office = true, list = {} } = {}) {
  renderPage(
    <BuildingPage
      id={100}
      period={{}}
      onPeriod={() => {}}
      {...(office ? { office: { editing: false, onEdit: () => {}, list } } : {})}
    />,
    { live: live.live },
  );
  return live;
}

function makeEntry(id: number, kind: string, name: string): AuditEntry {
  return {
    id,
    kind,
    actor: { user_id: name === "" ? 0 : 2, name, session_id: 1, address: "192.0.2.1" },
    thing: { kind: "building", id: "100", name: "Ter Duinen" },
    before: null,
    after: null,
    occurred_at: "2026-11-20T09:00:00Z",
  };
}

describe("the page of a building", () => {
  it("tells the office who changed what", async () => {
    answer([], {
      history: [
        makeEntry(2, "comment.created", "Ruben Verhaeghe"),
        makeEntry(1, "building.changed", ""),
      ],
    });
    show();
    const history = await screen.findByRole("list", { name: "Geschiedenis" });
    const [note, change] = within(history).getAllByRole("listitem");
    expect(note).toHaveTextContent("Notitie toegevoegd");
    expect(note).toHaveTextContent("Ruben Verhaeghe");
    expect(change).toHaveTextContent("Gegevens gewijzigd");
    expect(change).toHaveTextContent("Trottoir");
  });

  it("shows facts and who wrote which note", async () => {
    answer([
      makeComment({
        edited_by: { id: 1, name: "An Peeters" },
        edited_at: "2026-11-21T09:00:00Z",
      }),
    ]);
    show();
    expect(await screen.findByRole("heading", { level: 1, name: "Ter Duinen" })).toBeVisible();
    const notes = await screen.findByRole("list", { name: "Notities" });
    expect(notes).toHaveTextContent("Code 4711");
    expect(notes).toHaveTextContent("Ruben Verhaeghe");
    expect(notes).toHaveTextContent("Gewijzigd door An Peeters");
  });

  it("shows what is collected by day, with the rule that says so for the office", async () => {
    answer([], {
      collections: [
        makeCollection({
          id: 1,
          time_from: "06:00",
          time_to: "14:00",
          rule_id: 5,
          rule_date: today(),
        }),
        makeCollection({
          id: 2,
          type: "GLS",
          note: "Glasbak links",
          put_out: true,
          bring_in: false,
        }),
        makeCollection({
          id: 3,
          date: addDays(today(), 8),
          rule_id: 5,
          rule_date: addDays(today(), 7),
          changed: true,
        }),
      ],
      rules: [makeCollectionRule({ start_date: "2030-01-01" })],
    });
    show();
    const days = await screen.findByRole("list", { name: "Ophalingen" });
    await within(days).findByText("Glas");
    const [first, , , second] = within(days).getAllByRole("listitem");
    expect(first).toHaveTextContent(
      /vandaag.*PMD.*tussen 06:00 en 14:00.*volgens regel.*Glas.*alleen buitenzetten · Glasbak links.*met de hand/,
    );
    expect(second).toHaveTextContent(/in plaats van.*volgens regel, met de hand veranderd/);
    expect(within(days).getByRole("link", { name: "volgens regel" })).toHaveAttribute(
      "href",
      "/manage/collection-rules/5",
    );
    const rules = screen.getByRole("list", { name: "Regels voor dit gebouw" });
    expect(rules).toHaveTextContent("Elke week op dinsdag, vanaf 1 jan 2030");
  });

  it("shows a syndic the same without ways to the office's pages", async () => {
    answer([], {
      collections: [makeCollection({ rule_id: 5, rule_date: today() })],
      rules: [makeCollectionRule({ region: null })],
    });
    show({ office: false });
    const days = await screen.findByRole("list", { name: "Ophalingen" });
    expect(within(days).queryByRole("link")).not.toBeInTheDocument();
    expect(await screen.findByText(/Elke week op dinsdag/)).toBeVisible();
    expect(screen.queryByRole("link", { name: /regel/i })).not.toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Ophaling toevoegen" })).not.toBeInTheDocument();
  });

  it("shows a syndic at once what the office changes of the collections", async () => {
    const kept = answer([], { collections: [makeCollection()] });
    const { socket } = show({ office: false });
    const days = await screen.findByRole("list", { name: "Ophalingen" });
    act(() => socket.opens());
    kept.collections = [makeCollection({ type: "GLS" })];
    kept.rules = [makeCollectionRule({ region: null })];
    act(() => {
      socket.receives({ op: "subscribed", channel: "building:100", id: "1-0", recovered: true });
      socket.receives({
        op: "event",
        channel: "building:100",
        id: "2-0",
        type: "collection.changed",
        data: { building_ids: [100], from: today(), to: today() },
      });
    });
    expect(await within(days).findByText("Glas")).toBeVisible();
    expect(await screen.findByText(/Elke week op dinsdag/)).toBeVisible();
  });

  it("adds one collection, and says why it cannot", async () => {
    const kept = answer([]);
    let tries = 0;
    server.use(
      http.post(at("/collections"), async ({ request }) => {
        tries += 1;
        if (tries === 1) {
          return HttpResponse.json(
            { code: "already_exists", message: "No.", details: { reason: "already_collected" } },
            { status: 409 },
          );
        }
        const body = (await request.json()) as Collection;
        expect(body).toMatchObject({ building_id: 100, type: "GLS", put_out: true });
        kept.collections = [makeCollection({ type: "GLS" })];
        return HttpResponse.json(kept.collections[0]);
      }),
    );
    const user = userEvent.setup();
    show();
    await user.click(await screen.findByRole("button", { name: "Ophaling toevoegen" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Voeg toe" }));
    expect(within(dialog).getByText("Kies een soort afval")).toBeVisible();
    await user.click(within(dialog).getByRole("combobox", { name: "Soort afval" }));
    await user.click(await screen.findByRole("option", { name: "Glas" }));
    await user.click(within(dialog).getByRole("button", { name: "Dag" }));
    await user.click(await screen.findByRole("button", { name: fullDayText(today(), "nl") }));
    await user.click(within(dialog).getByRole("button", { name: "Voeg toe" }));
    expect(await within(dialog).findByRole("alert")).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Voeg toe" }));
    expect(await screen.findByRole("list", { name: "Ophalingen" })).toHaveTextContent("Glas");
  });

  it("shows what was reported there: a syndic reads on in place, and hears what is new", async () => {
    const kept = answer([], { incidents: [makeIncident()] });
    server.use(
      http.get(at("/incidents/12"), () =>
        HttpResponse.json(
          makeIncidentDetail({
            entries: [
              {
                id: 1,
                entry: "resolved",
                text: "Opgehaald.",
                responsible: null,
                kind: "",
                for_syndics: true,
                written_at: "2026-03-03T09:00:00Z",
                written_by: null,
              },
            ],
          }),
        ),
      ),
    );
    const { socket } = show({ office: false });
    const list = await screen.findByRole("list", { name: "Meldingen" });
    expect(list).toHaveTextContent("Niet opgehaald");
    expect(within(list).queryByRole("link")).not.toBeInTheDocument();
    await userEvent.click(within(list).getByRole("button", { name: "Verloop" }));
    expect(await within(list).findByText("Opgehaald.")).toBeVisible();
    act(() => socket.opens());
    kept.incidents = [makeIncident({ id: 13, kind: "dirty" }), ...kept.incidents];
    act(() => {
      socket.receives({ op: "subscribed", channel: "building:100", id: "1-0", recovered: true });
      socket.receives({
        op: "event",
        channel: "building:100",
        id: "2-0",
        type: "incident.opened",
        data: { incident_id: 13, building_id: 100, status: "open", version: 1 },
      });
    });
    expect(await within(list).findByText("Vuil")).toBeVisible();
  });

  it("leads to the mail about it", async () => {
    answer([]);
    show();
    expect(await screen.findByRole("link", { name: "Mail over dit gebouw" })).toHaveAttribute(
      "href",
      "/manage/mail?building=100",
    );
  });

  it("adds a note", async () => {
    const kept = answer([]);
    server.use(
      http.post(at("/buildings/100/comments"), async ({ request }) => {
        const { text } = (await request.json()) as { text: string };
        const comment = makeComment({ text });
        kept.comments = [comment];
        return HttpResponse.json(comment);
      }),
    );
    const user = userEvent.setup();
    show();
    await user.click(await screen.findByRole("button", { name: "Notitie toevoegen" }));
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(screen.getByText("Schrijf een notitie")).toBeVisible();
    await user.type(screen.getByRole("textbox", { name: "Notitie" }), " Sleutel links ");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByRole("list", { name: "Notities" })).toHaveTextContent(
      "Sleutel links",
    );
    expect(screen.queryByRole("textbox", { name: "Notitie" })).not.toBeInTheDocument();
  });

  it("shows what a colleague has saved meanwhile, and loses nothing", async () => {
    const kept = answer([makeComment()]);
    const saved: unknown[] = [];
    server.use(
      http.put(at("/comments/9"), async ({ request }) => {
        const body = (await request.json()) as { text: string; version: number };
        saved.push(body);
        if (body.version === 1) {
          kept.comments = [makeComment({ text: "Code 9999", version: 2 })];
          return HttpResponse.json(
            { code: "aborted", message: "", details: { reason: "changed_meanwhile" } },
            { status: 409 },
          );
        }
        kept.comments = [makeComment({ text: body.text, version: 3 })];
        return HttpResponse.json(kept.comments[0]);
      }),
    );
    const user = userEvent.setup();
    show();
    await user.click(await screen.findByRole("button", { name: "Wijzig notitie: Code 4711" }));
    const box = screen.getByRole("textbox", { name: "Notitie" });
    await user.clear(box);
    await user.type(box, "Code 5555");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText("Code 9999")).toBeVisible();
    expect(box).toHaveValue("Code 5555");
    await user.click(screen.getByRole("button", { name: "Behoud de mijne" }));
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    await waitFor(() =>
      expect(screen.getByRole("list", { name: "Notities" })).toHaveTextContent("Code 5555"),
    );
    expect(saved).toEqual([
      { text: "Code 5555", version: 1 },
      { text: "Code 5555", version: 2 },
    ]);
  });

  it("deletes a note after asking, and follows those of colleagues", async () => {
    const kept = answer([makeComment(), makeComment({ id: 10, text: "Sleutel op kantoor" })]);
    server.use(
      http.delete(at("/comments/9"), () => {
        kept.comments = kept.comments.filter(({ id }) => id !== 9);
        return HttpResponse.json({ id: 9 });
      }),
    );
    const user = userEvent.setup();
    const live = show();
    await user.click(await screen.findByRole("button", { name: "Verwijder notitie: Code 4711" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Verwijder notitie" }));
    await waitFor(() => expect(screen.queryByText(/Code 4711/)).not.toBeInTheDocument());

    kept.comments = [makeComment({ id: 11, text: "Nieuwe code 1234" })];
    act(() =>
      live.socket.receives({
        op: "event",
        channel: "buildings",
        id: "1-1",
        type: "comment.created",
        data: { building_id: 100, comment_id: 11 },
      }),
    );
    expect(await screen.findByText("Nieuwe code 1234")).toBeVisible();
  });

  it("follows what is collected, and asks once for thousands that come together", async () => {
    const kept = answer([]);
    const { socket } = show();
    expect(await screen.findByText(/Geen ophalingen/)).toBeVisible();
    act(() => {
      socket.opens();
      socket.receives({ op: "subscribed", channel: "collections", id: "1-0", recovered: true });
    });
    let asked = 0;
    server.events.on("request:start", ({ request }) => {
      asked += new URL(request.url).pathname.endsWith("/collections") ? 1 : 0;
    });
    onTestFinished(() => {
      server.events.removeAllListeners();
    });

    kept.collections = [makeCollection({ date: today(), note: "Voor zeven uur" })];
    act(() => {
      socket.receivesOfBuildings(2000, "collection.created", today(), today());
    });
    expect(await screen.findByText("Voor zeven uur")).toBeVisible();
    kept.collections = [makeCollection({ date: today(), note: "Voor acht uur" })];
    // At once for the first event, and once for all others.
    expect(await screen.findByText("Voor acht uur")).toBeVisible();
    expect(asked).toBe(2);
  });

  it("shows the versions of the manual, marks one and adds another", async () => {
    const kept = answer([], { manuals: [makeManual(2), makeManual(1)] });
    server.use(
      http.put(at("/manuals/2"), async ({ request }) => {
        const { status } = (await request.json()) as Pick<Manual, "status">;
        kept.manuals = [makeManual(2, { status }), makeManual(1)];
        return HttpResponse.json(kept.manuals[0]);
      }),
      // jsdom's form is none that fetch can send as one: that it arrives is seen end to end.
      http.post(at("/buildings/100/manuals"), () => {
        kept.manuals = [makeManual(3), ...kept.manuals];
        return HttpResponse.json(kept.manuals[0]);
      }),
    );
    const user = userEvent.setup();
    show();
    const versions = await screen.findByRole("list", { name: "Handleiding" });
    expect(
      within(versions)
        .getAllByText(/^Versie/)
        .map((v) => v.textContent),
    ).toEqual(["Versie 2", "Versie 1"]);
    expect(versions).toHaveTextContent("2,3 MB");
    await user.click(screen.getByRole("button", { name: "Moet aangepast worden" }));
    expect(await screen.findByText("aan te passen")).toBeVisible();

    await user.click(screen.getByRole("button", { name: "Bekijk versie 2" }));
    const dialog = await screen.findByRole("dialog", { name: "Handleiding, versie 2" });
    expect(within(dialog).getByRole("link", { name: "Download PDF" })).toHaveAttribute(
      "href",
      expect.stringMatching(/\/manuals\/2\/file$/),
    );
    await user.click(within(dialog).getByRole("button", { name: "Sluiten" }));

    const input = document.querySelector<HTMLInputElement>('input[accept="application/pdf"]');
    await user.upload(
      input as HTMLInputElement,
      new File(["%PDF-1.7"], "nieuw.pdf", { type: "application/pdf" }),
    );
    expect(await screen.findByText("Versie 3")).toBeVisible();
  });

  it("shows what happened there day by day, and a syndic not who came", async () => {
    const visit = makeVisit(["arrival", "inside", "departure"], { outcome: "done" });
    const kept = answer([makeComment()], {
      visits: [{ date: "2026-11-24", run_id: 12, tour: null, worker: null, visit }],
      planned: [{ date: "2026-12-01", run_id: 0, tour: null, worker: null }],
    });
    const live = show({ office: false });
    const visits = await screen.findByRole("list", { name: "Bezoeken" });
    expect(within(visits).getAllByRole("img")).toHaveLength(3);
    expect(visits).toHaveTextContent("klaar");
    expect(
      within(visits)
        .getAllByRole("link")
        .map((link) => link.getAttribute("href")),
    ).toEqual(["/buildings/100/visit-photos?date=2026-11-24"]);
    expect(screen.queryByText(/Code 4711/)).not.toBeInTheDocument();
    expect(screen.queryByRole("heading", { name: "Notities" })).not.toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Gebouw wijzigen" })).not.toBeInTheDocument();
    expect(await screen.findByRole("list", { name: "Volgende bezoeken" })).toHaveTextContent(
      "1 dec",
    );

    const user = userEvent.setup();
    await user.click(within(visits).getAllByRole("button")[0] as HTMLElement);
    const dialog = await screen.findByRole("dialog");
    expect(dialog).toHaveTextContent("1 van 3");
    await user.keyboard("{ArrowRight}");
    expect(dialog).toHaveTextContent("2 van 3");
    await user.keyboard("{Escape}");

    const asked = kept.asked.length;
    act(() =>
      live.socket.receives({
        op: "event",
        channel: "building:100",
        id: "1-1",
        type: "visit.step",
        data: { building_id: 100 },
      }),
    );
    await waitFor(() => expect(kept.asked.length).toBeGreaterThan(asked));
  });

  it("leads back to the list as it was", async () => {
    answer([]);
    show({ list: { q: "burg", region: 3, unplaced: true } });
    const back = await screen.findByRole("link", { name: "Gebouwen" });
    expect(back).toHaveAttribute("href", "/manage/buildings?q=burg&region=3&unplaced=true");
  });

  it("keeps one photo of the front, which the office replaces and removes", async () => {
    answer([]);
    const user = userEvent.setup();
    const photo = (version: string) => ({
      width: 1600,
      height: 1200,
      urls: {
        "320": `/buildings/100/photo/320?v=${version}`,
        "1600": `/buildings/100/photo/1600?v=${version}`,
      },
    });
    let stored = makeBuilding({ photo: photo("a") });
    server.use(
      http.get(at("/buildings/100"), () => HttpResponse.json(stored)),
      http.put(at("/buildings/100/photo"), () => {
        stored = makeBuilding({ photo: photo("b") });
        return HttpResponse.json(stored);
      }),
      http.delete(at("/buildings/100/photo"), () => {
        stored = makeBuilding();
        return HttpResponse.json(stored);
      }),
    );
    show();
    const front = await screen.findByRole("img", { name: "Gevel van Overpoortstraat 47" });
    expect(front).toHaveAttribute("src", "/buildings/100/photo/1600?v=a");
    const input = document.querySelector<HTMLInputElement>('input[type="file"][accept*="webp"]');
    if (input === null) {
      throw new Error("there is no field for a photo");
    }
    await user.upload(input, new File(["text"], "front.jpg", { type: "image/jpeg" }));
    expect(await screen.findByText(/Dit bestand is geen foto/)).toBeVisible();
    await user.upload(
      input,
      new File([new Uint8Array([255, 216, 255, 0])], "b.jpg", { type: "image/jpeg" }),
    );
    await waitFor(() =>
      expect(screen.getByRole("img", { name: /^Gevel van/ })).toHaveAttribute(
        "src",
        "/buildings/100/photo/1600?v=b",
      ),
    );
    const section = within(screen.getByRole("region", { name: "Gevel" }));
    await user.click(section.getByRole("button", { name: "Verwijder" }));
    await user.click(
      within(await screen.findByRole("dialog")).getByRole("button", { name: "Verwijder" }),
    );
    expect(await screen.findByText(/Nog geen foto. Aan een foto/)).toBeVisible();
  });

  it("shows a syndic the front, without buttons", async () => {
    answer([]);
    server.use(
      http.get(at("/buildings/100"), () =>
        HttpResponse.json(
          makeBuilding({ photo: { width: 4, height: 3, urls: { "320": "/a", "1600": "/b" } } }),
        ),
      ),
    );
    show({ office: false });
    expect(await screen.findByRole("img", { name: /^Gevel van/ })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Andere foto" })).not.toBeInTheDocument();
  });
});
