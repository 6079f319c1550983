import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Account, Person, Run, User } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import type { LiveConnection } from "@/shared/realtime/live-connection";
import { makeAccount, makePerson, makeRun, makeUser } from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { PersonPage } from "./person-page";
import type { PeopleFilter } from "./queries";

type Scene = {
  me?: Account;
  person?: Person;
  runs?: Run[];
  /** Who works in which region. */
  workers?: Record<number, User[]>;
  list?: PeopleFilter;
  live?: LiveConnection;
};

type PageProps = { me: Account; id: number; list: PeopleFilter };

function Page(props: PageProps) {
  const [editing, setEditing] = useState(false);
  return <PersonPage availability="Werkdagen" {...props} editing={editing} onEdit={setEditing} />;
}

const refusal = (code: string, details: object) =>
  HttpResponse.json({ code, message: "No.", details }, { status: 400 });

/** A small server that keeps one person and their runs. */
function show({
  me = makeAccount(),
  person = makePerson(),
  runs = [],
  workers = {},
  list = {},
  live,
}: Scene = {}) {
  const stored = { person, runs, deactivate: (): Response | undefined => undefined };
  const sent = vi.fn();
  const path = (end = "") => at(`/users/${person.id}${end}`);
  server.use(
    http.get(at("/regions"), () =>
      HttpResponse.json({
        items: [
          { id: 1, name: "Gent Centrum" },
          { id: 2, name: "Gent Zuid" },
        ],
        next_cursor: "",
      }),
    ),
    http.get(at("/users"), ({ request }) =>
      HttpResponse.json({
        items: workers[Number(new URL(request.url).searchParams.get("region"))] ?? [],
        next_cursor: "",
      }),
    ),
    http.get(path(), () => HttpResponse.json(stored.person)),
    http.put(path(), async ({ request }) => {
      const facts = (await request.json()) as Person;
      sent(facts);
      if (facts.version !== stored.person.version) {
        return HttpResponse.json(
          { code: "aborted", message: "No.", details: { reason: "changed_meanwhile" } },
          { status: 409 },
        );
      }
      stored.person = { ...stored.person, ...facts, version: facts.version + 1 };
      return HttpResponse.json(stored.person);
    }),
    http.put(path("/role"), async ({ request }) => {
      sent(await request.json());
      return HttpResponse.json(stored.person);
    }),
    http.put(path("/regions"), async ({ request }) => {
      const body = (await request.json()) as { region_ids: number[] };
      sent(body);
      stored.person = { ...stored.person, ...body };
      return HttpResponse.json({ user_id: person.id, ...body });
    }),
    http.delete(path("/second-factor"), () => {
      stored.person = { ...stored.person, second_factor: false };
      return HttpResponse.json({ sessions_ended: 1 });
    }),
    http.get(path("/open-runs"), () => HttpResponse.json({ items: stored.runs })),
    http.post(path("/deactivate"), async ({ request }) => {
      sent(await request.json());
      const refused = stored.deactivate();
      if (refused === undefined) {
        stored.person = { ...stored.person, active: false };
      }
      return refused ?? HttpResponse.json(stored.person);
    }),
    http.post(path("/reactivate"), () => {
      stored.person = { ...stored.person, active: true };
      return HttpResponse.json(stored.person);
    }),
    http.post(path("/anonymise"), () => {
      sent("anonymise");
      stored.person = { ...stored.person, anonymised_at: "2026-11-25T10:00:00Z" };
      return HttpResponse.json(stored.person);
    }),
  );
  renderPage(<Page me={me} id={person.id} list={list} />, live === undefined ? {} : { live });
  return { user: userEvent.setup(), stored, sent };
}

type Typist = ReturnType<typeof userEvent.setup>;

async function choose(user: Typist, field: string | RegExp, option: string) {
  await user.click(await screen.findByRole("combobox", { name: field }));
  await user.click(await screen.findByRole("option", { name: option }));
}

describe("a person", () => {
  it("shows what is known of them", async () => {
    show({ person: makePerson({ phone: "+32470123456", second_factor: true, language: "fr" }) });
    expect(await screen.findByRole("heading", { name: "Lotte De Smet", level: 1 })).toBeVisible();
    expect(screen.getByRole("link", { name: "+32 470 12 34 56" })).toHaveAttribute(
      "href",
      "tel:+32470123456",
    );
    expect(screen.getByText("Français")).toBeVisible();
    expect(await screen.findByText("Gent Centrum")).toBeVisible();
    expect(screen.getByText("aan")).toBeVisible();
  });

  it("leads to their mail, to what they changed, and back to the list as it was", async () => {
    show({ list: { q: "lot", status: "active" } });
    expect(await screen.findByRole("link", { name: "Mail schrijven" })).toHaveAttribute(
      "href",
      "/manage/mail/write?user=3",
    );
    expect(screen.getByRole("link", { name: "Verstuurde mails" })).toHaveAttribute(
      "href",
      "/manage/mail?user=3",
    );
    expect(screen.getByRole("link", { name: /^Wijzigingen door/ })).toHaveAttribute(
      "href",
      "/manage/audit?person=3",
    );
    expect(screen.getByRole("link", { name: "Mensen" })).toHaveAttribute(
      "href",
      "/people?q=lot&status=active",
    );
  });

  it("follows what a colleague changes, and says so in a form that is open", async () => {
    const { live, socket } = makeTestLive();
    const { user, stored } = show({ live });
    await user.click(await screen.findByRole("button", { name: "Gegevens wijzigen" }));
    await user.type(await screen.findByLabelText("Familienaam"), "t");
    socket.opens();
    stored.person = { ...stored.person, last_name: "De Smedt", version: 2 };
    const event = { op: "event", channel: "people", id: "1-2", type: "account.changed" };
    socket.receives({ ...event, data: { user_id: 3 } });
    expect(await screen.findByText(/^Iemand anders heeft dit intussen/)).toBeVisible();
    expect(screen.getByText("De Smedt")).toBeVisible();
  });

  it("says why somebody of the same rank cannot be changed", async () => {
    show({ person: makePerson({ role: "superstudent", may_change: false }) });
    expect(await screen.findByText(/^Je kan deze persoon niet wijzigen/)).toBeVisible();
    expect(screen.queryByRole("button")).not.toBeInTheDocument();
  });

  it("leaves only the own regions to change, and gives the own data", async () => {
    const me = makeAccount();
    show({ me, person: makePerson({ id: me.id, role: me.role, may_change: false }) });
    expect(await screen.findByText(/^Dit ben je zelf/)).toBeVisible();
    expect(screen.getAllByRole("button")).toEqual([
      screen.getByRole("button", { name: "Regio's wijzigen" }),
    ]);
    expect(screen.getByRole("link", { name: "Mijn gegevens downloaden" })).toHaveAttribute(
      "href",
      expect.stringMatching(/\/me\/export$/),
    );
  });

  it("offers to try again when it could not be loaded", async () => {
    const { user } = show();
    server.use(http.get(at("/users/3"), () => HttpResponse.error(), { once: true }));
    await user.click(await screen.findByRole("button", { name: "Probeer opnieuw" }));
    expect(await screen.findByRole("heading", { name: "Lotte De Smet" })).toBeVisible();
  });
});

describe("changing a person", () => {
  it("stores names, phone and language", async () => {
    const { user, sent } = show();
    await user.click(await screen.findByRole("button", { name: "Gegevens wijzigen" }));
    const first = await screen.findByLabelText("Voornaam");
    await user.clear(first);
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(first).toHaveFocus();
    expect(screen.getByText("Vul een voornaam in")).toBeVisible();
    await user.type(first, " Lot ");
    await user.type(screen.getByLabelText("Telefoon"), "0470 12 34 56");
    await choose(user, "Taal", "English");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText("De gegevens van Lot De Smet zijn bewaard.")).toBeVisible();
    expect(sent).toHaveBeenCalledWith({
      first_name: "Lot",
      last_name: "De Smet",
      phone: "+32470123456",
      language: "en",
      version: 1,
    });
  });

  it("shows a refusal at its field", async () => {
    const { user } = show();
    server.use(
      http.put(at("/users/3"), () =>
        refusal("invalid_argument", { field: "phone", reason: "malformed" }),
      ),
    );
    await user.click(await screen.findByRole("button", { name: "Gegevens wijzigen" }));
    await user.type(await screen.findByLabelText("Telefoon"), "12");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    await waitFor(() => expect(screen.getByLabelText("Telefoon")).toBeInvalid());
  });

  it("writes nothing over what somebody else has stored meanwhile", async () => {
    const { user, stored, sent } = show();
    await user.click(await screen.findByRole("button", { name: "Gegevens wijzigen" }));
    const last = await screen.findByLabelText("Familienaam");
    await user.type(last, "t");
    stored.person = { ...stored.person, last_name: "De Smedt", version: 2 };
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText(/^Iemand anders heeft dit intussen/)).toBeVisible();
    expect(screen.getByText("De Smedt")).toBeVisible();
    expect(stored.person.last_name).toBe("De Smedt");
    await user.click(screen.getByRole("button", { name: "Behoud de mijne" }));
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    await vi.waitFor(() =>
      expect(sent).toHaveBeenLastCalledWith(
        expect.objectContaining({ last_name: "De Smett", version: 2 }),
      ),
    );
  });

  it("gives no role above the own one, and says what to do with runs that are left", async () => {
    const { user } = show();
    server.use(
      http.put(at("/users/3/role"), () =>
        refusal("failed_precondition", { field: "role", reason: "has_runs" }),
      ),
    );
    await user.click(await screen.findByRole("button", { name: "Rol wijzigen" }));
    await user.click(await screen.findByRole("combobox", { name: "Rol" }));
    expect(await screen.findByRole("option", { name: "Superstudent" })).toBeInTheDocument();
    expect(screen.queryByRole("option", { name: "Beheerder" })).not.toBeInTheDocument();
    await user.click(screen.getByRole("option", { name: "Syndicus" }));
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText(/^Deze persoon heeft nog ritten te doen/)).toBeVisible();
  });

  it("puts the regions", async () => {
    const { user, sent } = show();
    await user.click(await screen.findByRole("button", { name: "Regio's wijzigen" }));
    await choose(user, "Regio's", "Gent Zuid");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText("Gent Centrum, Gent Zuid")).toBeVisible();
    expect(sent).toHaveBeenCalledWith({ region_ids: [1, 2] });
  });

  it("turns a lost second factor off", async () => {
    const { user } = show({ person: makePerson({ second_factor: true }) });
    await user.click(await screen.findByRole("button", { name: "Codes uitzetten …" }));
    await user.click(await screen.findByRole("button", { name: "Zet codes uit" }));
    expect(
      await screen.findByText("Lotte De Smet meldt zich nu aan met alleen het wachtwoord."),
    ).toBeVisible();
    expect(await screen.findByText("uit")).toBeVisible();
  });
});

const lotte = makeUser();
const noor = makeUser({ id: 5, first_name: "Noor", last_name: "Maes" });
const seppe = makeUser({ id: 6, first_name: "Seppe", last_name: "Wouters" });

const north = makeRun({ id: 21, status: "planned", date: addDays(today(), 1) });
const south = makeRun({
  id: 22,
  status: "planned",
  date: addDays(today(), 1),
  tour: { id: 2, name: "Zuid" },
  region: { id: 2, name: "Gent Zuid" },
});
const workers = { 1: [lotte, noor, seppe], 2: [lotte, noor] };

async function openDeactivate(user: Typist) {
  await user.click(await screen.findByRole("button", { name: "Deactiveren …" }));
  return within(await screen.findByRole("dialog", { name: "Lotte De Smet deactiveren?" }));
}

describe("deactivating", () => {
  it("asks of every run who does it, among those of its region, and cancels with a reason", async () => {
    const { user, sent } = show({ runs: [north, south], workers });
    const dialog = await openDeactivate(user);
    await user.click(await dialog.findByRole("button", { name: "Deactiveer" }));
    expect(dialog.getAllByText("Kies iemand, of annuleer de rit")).toHaveLength(2);
    expect(sent).not.toHaveBeenCalled();

    await user.click(dialog.getByRole("combobox", { name: /Zuid, morgen/ }));
    expect(await screen.findByRole("option", { name: "Noor Maes" })).toBeInTheDocument();
    expect(screen.queryByRole("option", { name: "Seppe Wouters" })).not.toBeInTheDocument();
    expect(screen.queryByRole("option", { name: "Lotte De Smet" })).not.toBeInTheDocument();
    await user.click(screen.getByRole("option", { name: "Rit annuleren" }));
    await choose(user, /Centrum-Noord, morgen/, "Seppe Wouters");

    await user.click(dialog.getByRole("button", { name: "Deactiveer" }));
    expect(dialog.getByText("Geef een reden")).toBeVisible();
    await user.type(dialog.getByLabelText("Waarom worden ritten geannuleerd?"), "Gestopt");
    await user.click(dialog.getByRole("button", { name: "Deactiveer" }));
    expect(
      await screen.findByText("Lotte De Smet is gedeactiveerd en overal afgemeld."),
    ).toBeVisible();
    expect(sent).toHaveBeenCalledWith({
      runs: [
        { run_id: 21, worker_id: 6 },
        { run_id: 22, cancel: true, reason: "Gestopt" },
      ],
    });
    expect(await screen.findByRole("button", { name: "Opnieuw activeren" })).toBeVisible();
  });

  it("gives all runs to one, and says how many that one cannot do", async () => {
    const { user, sent } = show({ runs: [north, south], workers });
    const dialog = await openDeactivate(user);
    await dialog.findByRole("list", { name: "Open ritten" });
    await choose(user, "Alle ritten", "Seppe Wouters");
    expect(await dialog.findByText("1 rit kan niet: kies daar zelf.")).toBeVisible();
    await choose(user, "Alle ritten", "Noor Maes");
    expect(dialog.queryByText(/kan niet: kies daar zelf/)).not.toBeInTheDocument();
    await user.click(dialog.getByRole("button", { name: "Deactiveer" }));
    await vi.waitFor(() =>
      expect(sent).toHaveBeenCalledWith({
        runs: [
          { run_id: 21, worker_id: 5 },
          { run_id: 22, worker_id: 5 },
        ],
      }),
    );
  });

  it("lets a run that is under way be cancelled only", async () => {
    const { user } = show({ runs: [makeRun({ ...north, status: "started" })], workers });
    const dialog = await openDeactivate(user);
    await user.click(await dialog.findByRole("combobox", { name: /Centrum-Noord/ }));
    expect((await screen.findAllByRole("option")).map((option) => option.textContent)).toEqual([
      "Rit annuleren",
    ]);
  });

  it("reads the list again when runs came meanwhile, and keeps what was chosen", async () => {
    const { user, stored } = show({ runs: [north], workers });
    const dialog = await openDeactivate(user);
    await choose(user, /Centrum-Noord/, "Noor Maes");
    stored.runs = [north, south];
    stored.deactivate = () =>
      refusal("failed_precondition", { field: "runs", reason: "has_runs", ids: [22] });
    await user.click(dialog.getByRole("button", { name: "Deactiveer" }));
    expect(await dialog.findByText(/^De open ritten zijn intussen veranderd/)).toBeVisible();
    expect(await dialog.findByRole("combobox", { name: /Zuid, morgen/ })).toHaveValue("");
    expect(dialog.getByRole("combobox", { name: /Centrum-Noord, morgen/ })).toHaveValue(
      "Noor Maes",
    );
  });

  it("shows at a run why that person cannot do it", async () => {
    const { user, stored } = show({ runs: [north, south], workers });
    const dialog = await openDeactivate(user);
    await dialog.findByRole("list", { name: "Open ritten" });
    await choose(user, "Alle ritten", "Noor Maes");
    stored.deactivate = () =>
      refusal("invalid_argument", {
        field: "runs",
        reason: "already_planned",
        rows: [{ index: 1, reason: "already_planned" }],
      });
    await user.click(dialog.getByRole("button", { name: "Deactiveer" }));
    await waitFor(() =>
      expect(dialog.getByRole("combobox", { name: /Zuid, morgen/ })).toBeInvalid(),
    );
    expect(dialog.getByRole("combobox", { name: /Centrum-Noord, morgen/ })).toBeValid();
  });

  it("needs nothing but a yes when no run is left", async () => {
    const { user, sent } = show();
    const dialog = await openDeactivate(user);
    expect(await dialog.findByText("Er staan geen ritten meer open.")).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Deactiveer" }));
    await vi.waitFor(() => expect(sent).toHaveBeenCalledWith({ runs: [] }));
  });
});

describe("somebody who is deactivated", () => {
  it("is let in again", async () => {
    const { user } = show({ person: makePerson({ active: false }) });
    await user.click(await screen.findByRole("button", { name: "Opnieuw activeren" }));
    expect(await screen.findByText("Lotte De Smet kan zich weer aanmelden.")).toBeVisible();
    expect(await screen.findByRole("button", { name: "Deactiveren …" })).toBeVisible();
  });

  it("is erased only after their name was typed, and cannot be changed afterwards", async () => {
    const { user, sent } = show({ person: makePerson({ active: false }) });
    await user.click(await screen.findByRole("button", { name: "Gegevens wissen …" }));
    const name = await screen.findByLabelText("Typ de naam: Lotte De Smet");
    await user.type(name, "Lotte");
    await user.click(screen.getByRole("button", { name: "Wis de gegevens" }));
    expect(name).toBeInvalid();
    expect(sent).not.toHaveBeenCalled();
    await user.type(name, " De Smet");
    await user.click(screen.getByRole("button", { name: "Wis de gegevens" }));
    expect(await screen.findByText("De gegevens zijn gewist.")).toBeVisible();
    expect(sent).toHaveBeenCalledWith("anonymise");
    await waitFor(() => expect(screen.queryByRole("button")).not.toBeInTheDocument());
  });
});
