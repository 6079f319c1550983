import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { AuditEntry, AuditName } from "@/shared/api/types";
import { makeAuditEntry, makeUser } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { AuditPage } from "./audit-page";
import type { AuditFilter } from "./queries";

type Scene = {
  entries?: AuditEntry[];
  names?: AuditName[];
  filter?: AuditFilter;
  open?: number;
};

function Page({ filter: first = {}, open: opened }: Pick<Scene, "filter" | "open">) {
  const [filter, setFilter] = useState(first);
  const [open, setOpen] = useState(opened);
  return (
    <AuditPage
      filter={filter}
      open={open}
      onFilter={setFilter}
      onClose={() => setOpen(undefined)}
    />
  );
}

/** A small server that keeps the log; it gives two changes a page. */
function show({ entries = [makeAuditEntry()], names = [], ...scene }: Scene = {}) {
  const asked = vi.fn();
  const lotte = makeUser({ id: 3, first_name: "Lotte", last_name: "De Smet" });
  server.use(
    http.get(at("/audit"), ({ request }) => {
      const {
        limit: _,
        cursor = "0",
        ...query
      } = Object.fromEntries(new URL(request.url).searchParams);
      asked(query);
      const items = entries.filter(({ kind }) => [undefined, kind].includes(query.kind));
      const end = Number(cursor) + 2;
      return HttpResponse.json({
        items: items.slice(Number(cursor), end),
        names,
        next_cursor: end < items.length ? String(end) : "",
      });
    }),
    http.get(at("/audit/entries/:id"), ({ params }) => {
      const entry = entries.find(({ id }) => id === Number(params.id));
      return entry === undefined
        ? HttpResponse.json({ code: "not_found", message: "" }, { status: 404 })
        : HttpResponse.json({ entry, names });
    }),
    http.get(at("/users"), ({ request }) => {
      const q = new URL(request.url).searchParams.get("q") ?? "";
      const items = "lotte de smet".includes(q.toLowerCase()) ? [lotte] : [];
      return HttpResponse.json({ items, next_cursor: "" });
    }),
    http.get(at("/users/3"), () => HttpResponse.json(lotte)),
    http.get(at("/buildings"), () => HttpResponse.json({ items: [], next_cursor: "" })),
  );
  renderPage(<Page filter={scene.filter} open={scene.open} />);
  return { user: userEvent.setup(), asked };
}

const list = async () => within(await screen.findByRole("list", { name: "Wijzigingen" }));
const panel = async (name: string) => within(await screen.findByRole("complementary", { name }));

describe("the log of changes", () => {
  it("tells when who did what to which thing, from where", async () => {
    show();
    const row = within((await (await list()).findAllByRole("listitem"))[0] as HTMLElement);
    expect(row.getByText("Gebouw gewijzigd")).toBeVisible();
    expect(row.getByText("Naam")).toBeVisible();
    expect(row.getByText("Nora Claes")).toBeVisible();
    expect(row.getByText("192.0.2.1")).toBeVisible();
    expect(row.getByText(/10:00$/)).toBeVisible();
    expect(row.getByRole("link", { name: "Overpoortstraat 47" })).toHaveAttribute(
      "href",
      "/manage/buildings?building=12",
    );
  });

  it.each([
    ["the system", { user_id: 0, name: "", session_id: 0, address: "" }, "Het systeem"],
    [
      "a stranger",
      { user_id: 0, name: "", session_id: 0, address: "192.0.2.9" },
      "Iemand die niet aangemeld was",
    ],
    [
      "an account that is gone",
      { user_id: 77, name: "", session_id: 0, address: "" },
      "Onbekend account 77",
    ],
  ])("names %s", async (_, actor, text) => {
    show({ entries: [makeAuditEntry({ actor })] });
    expect(await (await list()).findByText(text)).toBeVisible();
  });

  it("says in words that something happened which a newer server knows", async () => {
    show({ entries: [makeAuditEntry({ kind: "planet.moved" })] });
    expect(await (await list()).findByText("Andere wijziging (planet.moved)")).toBeVisible();
  });

  it.each<[string, Partial<AuditEntry>, string, string | undefined]>([
    [
      "a person",
      { thing: { kind: "account", id: "3", name: "Lotte De Smet" } },
      "Lotte De Smet",
      "/people/3",
    ],
    [
      "an invitation",
      {
        thing: { kind: "invitation", id: "4", name: "" },
        after: { email: "emma@trottoir.example" },
      },
      "emma@trottoir.example",
      "/people",
    ],
    [
      "a session",
      { thing: { kind: "session", id: "30", name: "" }, before: null, after: { user_id: 3 } },
      "Aanmelding van Lotte De Smet",
      "/people/3",
    ],
    ["a region", { thing: { kind: "region", id: "5", name: "Noord" } }, "Noord", "/manage/regions"],
    [
      "a region that is gone",
      { thing: { kind: "region", id: "5", name: "" }, before: { name: "Zuid" }, after: null },
      "Zuid",
      undefined,
    ],
    ["a tour", { thing: { kind: "tour", id: "6", name: "Centrum" } }, "Centrum", "/manage/tours/6"],
    [
      "a run",
      { thing: { kind: "run", id: "7", name: "Centrum, 24 nov" }, after: { date: "2026-11-24" } },
      "Centrum, 24 nov",
      "/today?date=2026-11-24&run=7",
    ],
    [
      "a stop of a run",
      { thing: { kind: "visit", id: "7/12", name: "Centrum, Overpoortstraat 47" } },
      "Centrum, Overpoortstraat 47",
      "/today?run=7",
    ],
    [
      "a mail",
      { thing: { kind: "mail", id: "8", name: "" }, before: null, after: {} },
      "Mail 8",
      "/manage/mail?message=8",
    ],
    [
      "a template",
      { thing: { kind: "template", id: "9", name: "" }, before: null, after: { name: "Sleutels" } },
      "Sleutels",
      undefined,
    ],
  ])("leads to %s", async (_, changes, text, href) => {
    show({
      entries: [makeAuditEntry(changes)],
      names: [{ kind: "account", id: 3, name: "Lotte De Smet" }],
    });
    const thing = await (await list()).findByText(text);
    if (href === undefined) {
      expect(thing.closest("a")).toBeNull();
    } else {
      expect(thing.closest("a")).toHaveAttribute("href", href);
    }
  });

  it("shows more when asked", async () => {
    const { user } = show({ entries: [3, 2, 1].map((id) => makeAuditEntry({ id })) });
    const rows = await list();
    expect(rows.getAllByRole("listitem")).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Meer tonen" }));
    await waitFor(() => expect(rows.getAllByRole("listitem")).toHaveLength(3));
    expect(screen.queryByRole("button", { name: "Meer tonen" })).not.toBeInTheDocument();
  });

  it("can be asked again after a failure", async () => {
    show();
    server.use(
      http.get(at("/audit"), () => HttpResponse.json({ code: "internal" }, { status: 500 }), {
        once: true,
      }),
    );
    await userEvent.setup().click(await screen.findByRole("button", { name: "Probeer opnieuw" }));
    await list();
  });

  it("says that nothing has changed yet", async () => {
    show({ entries: [] });
    expect(await screen.findByText("Nog geen wijzigingen")).toBeVisible();
  });
});

describe("the filters", () => {
  it("look for a person by name, and let go of them", async () => {
    const { user, asked } = show();
    await user.type(await screen.findByRole("combobox", { name: "Persoon" }), "lot");
    await user.click(await screen.findByRole("option", { name: "Lotte De Smet" }));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith({ person: "3" }));
    await user.click(await screen.findByRole("button", { name: "Wis Persoon" }));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith({}));
  });

  it("show by name who is in the address", async () => {
    const { asked } = show({ filter: { person: 3, from: "2026-11-01", to: "2026-11-24" } });
    await waitFor(() =>
      expect(screen.getByRole("combobox", { name: "Persoon" })).toHaveValue("Lotte De Smet"),
    );
    expect(asked).toHaveBeenLastCalledWith({ person: "3", from: "2026-11-01", to: "2026-11-24" });
    expect(screen.getByRole("button", { name: /^Van: .*1 nov/ })).toBeVisible();
  });

  it("choose what happened, and are cleared when nothing is found", async () => {
    const { user, asked } = show();
    await user.click(await screen.findByRole("combobox", { name: "Wat" }));
    await user.click(await screen.findByRole("option", { name: "Rit geannuleerd" }));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith({ kind: "run.cancelled" }));
    expect(await screen.findByText("Geen wijzigingen gevonden")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Alles tonen" }));
    await list();
    expect(asked).toHaveBeenLastCalledWith({});
  });

  it("forget the thing when its kind is another one", async () => {
    const { user, asked } = show({ filter: { thing_kind: "visit", thing_id: "7/12" } });
    expect(await screen.findByText(/Halte van een rit 7\/12/)).toBeVisible();
    expect(asked).toHaveBeenLastCalledWith({ thing_kind: "visit", thing_id: "7/12" });
    await user.click(screen.getByRole("combobox", { name: "Waarover" }));
    await user.click(await screen.findByRole("option", { name: "Gebouw" }));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith({ thing_kind: "building" }));
    expect(screen.getByRole("combobox", { name: "Gebouw" })).toBeVisible();
  });

  it("go with the file", async () => {
    const { user } = show({ filter: { kind: "building.changed", from: "2026-11-01" } });
    const asked = vi.fn();
    server.use(
      http.get(at("/audit/csv"), ({ request }) => {
        asked(new URL(request.url).search);
        return new HttpResponse("time;kind\r\n", { headers: { "Content-Type": "text/csv" } });
      }),
    );
    const makeURL = vi.fn(() => "blob:x");
    vi.stubGlobal(
      "URL",
      Object.assign(URL, { createObjectURL: makeURL, revokeObjectURL: vi.fn() }),
    );
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      expect(this.download).toMatch(/^trottoir-\d{4}-\d\d-\d\d\.csv$/);
    });
    await user.click(await screen.findByRole("button", { name: "Download als CSV" }));
    await waitFor(() => expect(clicked).toHaveBeenCalledTimes(1));
    expect(asked).toHaveBeenCalledWith("?kind=building.changed&from=2026-11-01");
    vi.unstubAllGlobals();
    clicked.mockRestore();
  });

  it("are to be narrower when the file would be too long", async () => {
    const { user } = show();
    server.use(
      http.get(at("/audit/csv"), () =>
        HttpResponse.json(
          { code: "failed_precondition", details: { field: "from", reason: "out_of_range" } },
          { status: 400 },
        ),
      ),
    );
    await user.click(await screen.findByRole("button", { name: "Download als CSV" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Kies een kortere periode");
  });
});

describe("a change", () => {
  it("shows what was and what is, in words and by names", async () => {
    show({
      open: 41,
      entries: [
        makeAuditEntry({
          before: {
            syndic_id: null,
            region_ids: [1],
            agreed_minutes: 5,
            role: "student",
            public_id: "x",
          },
          after: {
            syndic_id: 3,
            region_ids: [1, 2],
            agreed_minutes: 7,
            role: "syndic",
            public_id: "x",
          },
        }),
      ],
      names: [
        { kind: "account", id: 3, name: "Lotte De Smet" },
        { kind: "region", id: 1, name: "Noord" },
      ],
    });
    const shown = await panel("Gebouw gewijzigd");
    const row = (label: string) => shown.getByText(label, { selector: "dt" }).parentElement;
    expect(row("Syndicus")).toHaveTextContent("SyndicusWasnietsNuLotte De Smet");
    expect(row("Regio's")).toHaveTextContent("Regio'sWasNoordNuNoord, Regio 2");
    expect(row("Werktijd")).toHaveTextContent("WerktijdWas5 minNu7 min");
    expect(row("Rol")).toHaveTextContent("RolWasStudentNuSyndicus");
    expect(shown.queryByText("Publieke code")).not.toBeInTheDocument();
    expect(shown.getByText("192.0.2.1")).toBeVisible();
    expect(shown.getByRole("link", { name: "20" })).toHaveAttribute(
      "href",
      "/manage/audit?thing_kind=session&thing_id=20",
    );
    expect(shown.getByRole("link", { name: "Alles wat hiermee gebeurde" })).toHaveAttribute(
      "href",
      "/manage/audit?thing_kind=building&thing_id=12",
    );
    expect(shown.getByRole("link", { name: "Alles van en over deze persoon" })).toHaveAttribute(
      "href",
      "/manage/audit?person=2",
    );
  });

  it("says what was chosen for mail, by the kind of mail", async () => {
    show({
      open: 41,
      entries: [
        makeAuditEntry({
          kind: "mail.preferences_changed",
          before: { reminder: "on", runs: "now" },
          after: { reminder: "off", runs: "now" },
        }),
      ],
    });
    const shown = await panel("Keuzes voor mail gewijzigd");
    expect(shown.getByText("Herinnering aan morgen").parentElement).toHaveTextContent(
      "WasAanNuUit",
    );
    expect(shown.queryByText("Wijzigingen in de planning")).not.toBeInTheDocument();
  });

  it("says what something new holds, and what something gone held", async () => {
    show({
      open: 41,
      entries: [makeAuditEntry({ kind: "region.deleted", before: { name: "Zuid" }, after: null })],
    });
    const shown = await panel("Regio verwijderd");
    expect(shown.getByRole("heading", { name: "Wat er was" })).toBeVisible();
    expect(shown.getByText("Zuid")).toBeVisible();
    expect(shown.queryByText("Was")).not.toBeInTheDocument();
  });

  it("says when nothing was kept of it", async () => {
    show({
      open: 41,
      entries: [makeAuditEntry({ kind: "account.password_changed", before: {}, after: {} })],
    });
    expect(
      await (await panel("Wachtwoord gewijzigd")).findByText(/geen gegevens bewaard/),
    ).toBeVisible();
  });

  it("says that the log does not have it, and closes with Escape", async () => {
    const { user } = show({ open: 5 });
    expect(await (await panel("Wijzigingen")).findByText("Niet gevonden")).toBeVisible();
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("complementary")).not.toBeInTheDocument();
  });
});
