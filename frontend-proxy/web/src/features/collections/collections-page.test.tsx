import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { CalendarCollection } from "@/shared/api/types";
import { loadTexts } from "@/shared/i18n/i18n";
import { makeBuilding, makeWasteKind } from "@/shared/testing/data";
import { Holder } from "@/shared/testing/holder";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { CollectionsPage } from "./collections-page";
import type { CollectionsSearch } from "./search";

let stored: CalendarCollection[];

function collection(
  id: number,
  building_id: number,
  date: string,
  type = "PMD",
): CalendarCollection {
  return {
    id,
    building_id,
    type,
    date,
    note: "",
    put_out: true,
    bring_in: true,
    time_from: "",
    time_to: "",
    rule_id: id === 1 ? 5 : null,
    changed: false,
    version: 1,
  };
}

function building(id: number, street: string) {
  const { name, address } = makeBuilding();
  return {
    id,
    name,
    address: { ...address, street, house_number: "1" },
    region_id: 1,
    archived: false,
  };
}

beforeEach(async () => {
  await loadTexts(["buildings", "collections", "shell"]);
  stored = [collection(1, 1, "2026-11-24"), collection(2, 2, "2026-11-25", "GFT")];
  server.use(
    http.get(at("/waste-kinds"), () =>
      HttpResponse.json({
        items: [
          makeWasteKind({ code: "GFT", name_nl: "Tuinafval", icon: "leaf" }),
          makeWasteKind({ code: "PMD", name_nl: "Plastic" }),
        ],
      }),
    ),
    http.get(at("/regions"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/tours"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/planning/collections"), ({ request }) => {
      const query = new URL(request.url).searchParams;
      const [from, to] = [query.get("from") ?? "", query.get("to") ?? ""];
      return HttpResponse.json({
        from,
        to,
        buildings: [building(1, "Kouter"), building(2, "Veldstraat")],
        collections: stored.filter(({ date }) => date >= from && date <= to),
        more_buildings: false,
      });
    }),
  );
});

function open(search: CollectionsSearch = { view: "week", date: "2026-11-26" }) {
  const { live, socket } = makeTestLive();
  renderPage(
    <Holder initial={search}>
      {(value, onSearch) => <CollectionsPage search={value} onSearch={onSearch} />}
    </Holder>,
    { live },
  );
  return { socket, user: userEvent.setup() };
}

async function row(street: string) {
  const grid = await screen.findByRole("grid", { name: "Ophalingen" });
  return within(grid).findByRole("row", { name: new RegExp(street) });
}

describe("the calendar", () => {
  it("says the kind in words, the day, and that a rule made it", async () => {
    open();
    expect(
      await within(await row("Kouter")).findByRole("button", {
        name: "Plastic, dinsdag 24 november 2026, uit een regel",
      }),
    ).toBeVisible();
  });

  it("leaves out the kinds that are not chosen, at once and without asking the server", async () => {
    const { user } = open();
    await within(await row("Kouter")).findByRole("button", { name: /Plastic/ });
    await user.click(screen.getByRole("button", { name: /Tuinafval$/ }));
    await waitFor(async () =>
      expect(within(await row("Kouter")).queryByRole("button")).not.toBeInTheDocument(),
    );
    expect(
      within(await row("Veldstraat")).getByRole("button", { name: /Tuinafval/ }),
    ).toBeVisible();
  });

  it("takes a deletion back for ten seconds", async () => {
    const asked: unknown[] = [];
    server.use(
      http.post(at("/planning/collections/delete"), async ({ request }) => {
        asked.push(await request.json());
        stored = stored.filter(({ id }) => id !== 1);
        return HttpResponse.json({ ids: [1], skipped: [] });
      }),
      http.post(at("/planning/collections/restore"), async ({ request }) => {
        asked.push(await request.json());
        stored.push(collection(1, 1, "2026-11-24"));
        return HttpResponse.json({ ids: [1], skipped: [] });
      }),
    );
    const { user } = open();
    const chip = await within(await row("Kouter")).findByRole("button", { name: /Plastic/ });
    chip.focus();
    await user.keyboard("{Delete}");
    await waitFor(async () =>
      expect(within(await row("Kouter")).queryByRole("button")).not.toBeInTheDocument(),
    );
    await user.click(await screen.findByRole("button", { name: "Ongedaan maken" }));
    expect(
      await within(await row("Kouter")).findByRole("button", { name: /Plastic/ }),
    ).toBeVisible();
    expect(asked).toEqual([{ ids: [1] }, { ids: [1] }]);
  });

  it("takes back a change of one collection, all of it", async () => {
    const undone: unknown[] = [];
    server.use(
      http.put(at("/collections/1"), async ({ request }) => {
        const { building_id: id, ...change } = (await request.json()) as CalendarCollection;
        const saved = { ...stored[0], ...change, id: 1, changed: true, version: 2 };
        const { name, address } = makeBuilding();
        return HttpResponse.json({
          ...saved,
          rule_date: "2026-11-24",
          building: { id, name, address, region_id: 1 },
        });
      }),
      http.put(at("/planning/collections"), async ({ request }) => {
        undone.push(await request.json());
        return HttpResponse.json({ items: [{ ...collection(1, 1, "2026-11-24"), version: 3 }] });
      }),
    );
    const { user } = open();
    await user.click(await within(await row("Kouter")).findByRole("button", { name: /Plastic/ }));
    const dialog = await screen.findByRole("dialog");
    await user.type(within(dialog).getByRole("textbox", { name: "Opmerking" }), "Achterom");
    await user.click(within(dialog).getByRole("button", { name: "Bewaar" }));
    expect(
      await within(await row("Kouter")).findByRole("button", { name: /Achterom/ }),
    ).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Ongedaan maken" }));
    await waitFor(async () =>
      expect(
        within(await row("Kouter")).queryByRole("button", { name: /Achterom/ }),
      ).not.toBeInTheDocument(),
    );
    expect(undone).toEqual([
      {
        items: [{ id: 1, version: 2, date: "2026-11-24" }],
        type: "PMD",
        note: "",
        put_out: true,
        bring_in: true,
        times: { from: "", to: "" },
      },
    ]);
  });

  it("takes back a move of a kind: those that were moved, and no others", async () => {
    const undone: unknown[] = [];
    server.use(
      http.post(at("/planning/collections/move"), () => {
        stored = [{ ...collection(1, 1, "2026-11-26"), version: 4 }, ...stored.slice(1)];
        return HttpResponse.json({ items: stored.slice(0, 1) });
      }),
      http.put(at("/planning/collections"), async ({ request }) => {
        undone.push(await request.json());
        stored = [{ ...collection(1, 1, "2026-11-24"), version: 5 }, ...stored.slice(1)];
        return HttpResponse.json({ items: stored.slice(0, 1) });
      }),
    );
    const { user } = open({ view: "week", date: "2026-11-26", building: [1, 2] });
    await within(await row("Kouter")).findByRole("button", { name: /Plastic/ });
    await user.click(screen.getByRole("button", { name: "Meer" }));
    await user.click(await screen.findByRole("menuitem", { name: /Verplaats een soort/ }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("combobox", { name: "Soort afval" }));
    await user.click(await screen.findByRole("option", { name: /Plastic/ }));
    for (const [field, day] of [
      ["Van", "dinsdag 24 november 2026"],
      ["Naar", "donderdag 26 november 2026"],
    ] as const) {
      await user.click(within(dialog).getByRole("button", { name: field }));
      await user.click(await screen.findByRole("button", { name: day }));
    }
    await user.click(within(dialog).getByRole("button", { name: "Verplaats" }));
    expect(
      await within(await row("Kouter")).findByRole("button", { name: /donderdag 26/ }),
    ).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Ongedaan maken" }));
    expect(
      await within(await row("Kouter")).findByRole("button", { name: /dinsdag 24/ }),
    ).toBeVisible();
    expect(undone).toMatchObject([{ items: [{ id: 1, version: 4, date: "2026-11-24" }] }]);
  });

  it("puts back what the server refuses to copy, and says which and why", async () => {
    server.use(
      http.post(at("/planning/collections/copies"), () =>
        HttpResponse.json(
          {
            code: "already_exists",
            message: "…",
            details: {
              field: "items",
              reason: "already_collected",
              rows: [{ index: 0, reason: "already_collected" }],
            },
          },
          { status: 409 },
        ),
      ),
    );
    const { user } = open();
    const chip = await within(await row("Kouter")).findByRole("button", { name: /Plastic/ });
    chip.focus();
    await user.keyboard("c{ArrowRight}{ArrowRight}v");
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("Er is niets gekopieerd.");
    expect(alert).toHaveTextContent(/Kouter 1, Plastic, di 24 nov/);
    await waitFor(async () =>
      expect(within(await row("Kouter")).getAllByRole("button")).toHaveLength(1),
    );
  });

  it("shows what another office does, and reads nothing but that anew", async () => {
    const { socket } = open();
    await within(await row("Kouter")).findByRole("button", { name: /Plastic/ });
    const asked: string[] = [];
    server.events.on("request:start", ({ request }) => asked.push(new URL(request.url).search));
    socket.opens();
    socket.receives({ op: "subscribed", channel: "collections", id: "1-0", recovered: true });
    stored = [collection(1, 1, "2026-11-27"), collection(2, 2, "2026-11-25", "GFT")];
    socket.receives({
      op: "event",
      channel: "collections",
      id: "1-1",
      type: "collection.changed",
      data: { building_ids: [1], from: "2026-11-24", to: "2026-11-27" },
    });
    expect(
      await within(await row("Kouter")).findByRole("button", { name: /vrijdag 27 november/ }),
    ).toBeVisible();
    expect(within(await row("Kouter")).getAllByRole("button")).toHaveLength(1);
    expect(asked).toEqual(["?from=2026-11-24&to=2026-11-27&building=1"]);
    server.events.removeAllListeners();
  });

  it("asks once for thousands of collections that change together", async () => {
    const { socket } = open();
    await within(await row("Kouter")).findByRole("button", { name: /Plastic/ });
    const asked: string[] = [];
    server.events.on("request:start", ({ request }) => asked.push(new URL(request.url).search));
    onTestFinished(() => {
      server.events.removeAllListeners();
    });
    socket.opens();
    socket.receives({ op: "subscribed", channel: "collections", id: "1-0", recovered: true });
    stored = [collection(1, 1, "2026-11-27"), collection(2, 2, "2026-11-25", "GFT")];
    socket.receivesOfBuildings(2000, "collection.changed", "2026-11-24", "2026-11-27");
    expect(
      await within(await row("Kouter")).findByRole("button", { name: /vrijdag 27 november/ }),
    ).toBeVisible();
    expect(asked).toEqual(["?from=2026-11-23&to=2026-11-29"]);
  });

  it("is one stop for Tab, where the focus was last", async () => {
    server.use(
      http.post(at("/planning/collections/delete"), () => {
        stored = stored.filter(({ id }) => id !== 2);
        return HttpResponse.json({ ids: [2], skipped: [] });
      }),
    );
    const { user } = open();
    const chip = await within(await row("Kouter")).findByRole("button", { name: /Plastic/ });
    const grid = screen.getByRole("grid");
    const stops = () => [...grid.querySelectorAll('[tabindex="0"]')];
    chip.focus();
    await waitFor(() => expect(stops()).toEqual([chip]));
    await user.keyboard("{ArrowRight}");
    expect(document.activeElement).toHaveAccessibleName(/woensdag 25 november/);
    expect(stops()).toEqual([document.activeElement]);
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(within(await row("Veldstraat")).getByRole("button"));
    expect(stops()).toEqual([document.activeElement]);
    await user.keyboard("{Delete}");
    await waitFor(() => expect(document.activeElement).toHaveAttribute("role", "gridcell"));
    expect(stops()).toEqual([document.activeElement]);
  });

  it("is a list by day with the same words", async () => {
    const { user } = open({ view: "list", date: "2026-11-26" });
    expect(await screen.findByRole("heading", { name: /24 nov/ })).toBeVisible();
    await user.click(screen.getByRole("checkbox", { name: "Kies Plastic, Kouter 1" }));
    expect(screen.getByRole("region", { name: "Gekozen ophalingen" })).toHaveTextContent(
      "1 gekozen",
    );
  });
});
