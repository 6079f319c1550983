import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Account, Invitation, User } from "@/shared/api/types";
import type { LiveConnection } from "@/shared/realtime/live-connection";
import { makeAccount, makeInvitation, makeUser } from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { PeoplePage } from "./people-page";
import type { PeopleFilter } from "./queries";

type Scene = {
  me?: Account;
  users?: User[];
  invitations?: Invitation[];
  /** Whether mail goes out. */
  mail?: boolean;
  live?: LiveConnection;
};

function page<T>(items: T[]) {
  return HttpResponse.json({ items, next_cursor: "" });
}

function Page({ me }: { me: Account }) {
  const [filter, setFilter] = useState<PeopleFilter>({});
  return <PeoplePage me={me} filter={filter} onFilter={setFilter} />;
}

/** A small server that keeps the invitations. */
function show({
  me = makeAccount(),
  users = [makeUser()],
  invitations = [],
  mail = true,
  live,
}: Scene = {}) {
  let waiting = invitations;
  const asked = vi.fn();
  const invited = vi.fn();
  server.use(
    http.get(at("/regions"), () => page([{ id: 1, name: "Gent Centrum" }])),
    http.get(at("/users"), ({ request }) => {
      const { q, role, region, status } = Object.fromEntries(new URL(request.url).searchParams);
      asked({ q, role, region, status });
      return page(
        users.filter(
          (user) =>
            (status === undefined || user.active === (status === "active")) &&
            (role === undefined || user.role === role) &&
            (q === undefined || user.first_name.includes(q)),
        ),
      );
    }),
    http.get(at("/invitations"), () => page(waiting)),
    http.post(at("/invitations"), async ({ request }) => {
      const body = (await request.json()) as Pick<Invitation, "email" | "role" | "region_ids">;
      invited(body);
      const invitation = makeInvitation(body);
      waiting = [invitation];
      return HttpResponse.json({ invitation, token: "a-token" });
    }),
    http.post(at("/invitations/7/renew"), () =>
      HttpResponse.json({ invitation: makeInvitation(), token: "a-new-token" }),
    ),
    http.get(at("/mail/status"), () =>
      HttpResponse.json({
        configured: mail,
        from: "trottoir@trottoir.example",
        waiting: 0,
        waiting_since: null,
        failed: 0,
      }),
    ),
    http.delete(at("/invitations/7"), () => {
      waiting = [];
      return HttpResponse.json({ email: "" });
    }),
  );
  renderPage(<Page me={me} />, live === undefined ? {} : { live });
  return { user: userEvent.setup(), asked, invited };
}

async function openInvite(user: ReturnType<typeof userEvent.setup>) {
  await user.click(await screen.findByRole("button", { name: "Iemand uitnodigen" }));
  return within(await screen.findByRole("dialog", { name: "Iemand uitnodigen" }));
}

describe("people", () => {
  it("lists the accounts with their regions", async () => {
    show({ users: [makeUser(), makeUser({ id: 4, first_name: "Noor", active: false })] });
    const list = await screen.findByRole("list", { name: "Accounts" });
    expect(within(list).getByText("Lotte De Smet")).toBeVisible();
    expect(await within(list).findAllByText("Gent Centrum")).toHaveLength(2);
    expect(within(list).getByText("gedeactiveerd")).toBeVisible();
    expect(screen.getByText("Er staan geen uitnodigingen open.")).toBeVisible();
  });

  it("searches while one goes on typing", async () => {
    const { user, asked } = show();
    const field = await screen.findByRole("searchbox", { name: "Zoeken" });
    await user.type(field, "Lo");
    await vi.waitFor(() => expect(asked).toHaveBeenLastCalledWith({ q: "Lo" }));
    await user.keyboard("xx");
    expect(field).toHaveFocus();
    expect(await screen.findByText("Niemand gevonden")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Alles tonen" }));
    expect(await screen.findByText("Lotte De Smet")).toBeVisible();
    expect(screen.getByRole("searchbox", { name: "Zoeken" })).toHaveValue("");
  });

  it("reads the list again when somebody is changed elsewhere", async () => {
    const { live, socket } = makeTestLive();
    const { asked } = show({ live });
    await screen.findByText("Lotte De Smet");
    socket.opens();
    socket.receives({ op: "subscribed", channel: "people", id: "1-1", recovered: false });
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    asked.mockClear();
    const event = { op: "event", channel: "people", id: "1-2", type: "account.deactivated" };
    socket.receives({ ...event, data: { user_id: 3 } });
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  });

  it("narrows by region and status, and opens a person from the row", async () => {
    const { user, asked } = show({
      users: [makeUser(), makeUser({ id: 4, first_name: "Noor", active: false })],
    });
    await user.click(await screen.findByRole("combobox", { name: "Regio" }));
    await user.click(await screen.findByRole("option", { name: "Gent Centrum" }));
    await user.click(screen.getByRole("combobox", { name: "Status" }));
    await user.click(await screen.findByRole("option", { name: "Gedeactiveerd" }));
    await vi.waitFor(() =>
      expect(asked).toHaveBeenLastCalledWith({ region: "1", status: "deactivated" }),
    );
    expect(await screen.findByRole("link", { name: "Noor De Smet" })).toHaveAttribute(
      "href",
      "/people/4?region=1&status=deactivated",
    );
    await vi.waitFor(() =>
      expect(screen.queryByRole("link", { name: "Lotte De Smet" })).not.toBeInTheDocument(),
    );
  });

  it("says what to do while one is alone", async () => {
    const me = makeAccount();
    show({ me, users: [makeUser({ id: me.id })] });
    expect(await screen.findByText("Nog niemand anders")).toBeVisible();
  });
});

describe("inviting", () => {
  it("without mail shows the link once, to be handed over, with a button to copy it", async () => {
    const { user, invited } = show({ mail: false });
    const form = await openInvite(user);
    await user.type(form.getByLabelText("E-mailadres"), " noor@trottoir.example ");
    await user.click(form.getByRole("combobox", { name: "Rol" }));
    await user.click(await screen.findByRole("option", { name: "Student" }));
    await user.click(form.getByRole("combobox", { name: "Regio's" }));
    await user.click(await screen.findByRole("option", { name: "Gent Centrum" }));
    await user.click(form.getByRole("button", { name: "Maak uitnodiging" }));

    const shown = within(
      await screen.findByRole("dialog", { name: "Uitnodiging voor noor@trottoir.example" }),
    );
    expect(invited).toHaveBeenCalledWith({
      email: "noor@trottoir.example",
      role: "student",
      region_ids: [1],
    });
    expect(await shown.findByText(/^Geef deze link zelf door/)).toBeVisible();
    const link = `${window.location.origin}/register?token=a-token`;
    expect(shown.getByLabelText("Link")).toHaveValue(link);
    await user.click(shown.getByRole("button", { name: "Link kopiëren" }));
    expect(await shown.findByRole("button", { name: "Gekopieerd" })).toBeVisible();
    expect(await navigator.clipboard.readText()).toBe(link);
    await user.click(shown.getByRole("button", { name: "Klaar" }));
    const list = await screen.findByRole("list", { name: "Open uitnodigingen" });
    expect(within(list).getByText("noor@trottoir.example")).toBeVisible();
  });

  it("offers no role above the own one", async () => {
    const { user } = show({ me: makeAccount({ role: "superstudent" }) });
    const form = await openInvite(user);
    await user.click(form.getByRole("combobox", { name: "Rol" }));
    expect(await screen.findByRole("option", { name: "Superstudent" })).toBeInTheDocument();
    expect(screen.queryByRole("option", { name: "Beheerder" })).not.toBeInTheDocument();
  });

  it("shows at the address that it has an account", async () => {
    const { user } = show();
    server.use(
      http.post(at("/invitations"), () =>
        HttpResponse.json(
          {
            code: "already_exists",
            message: "",
            details: { field: "email", reason: "account_exists" },
          },
          { status: 409 },
        ),
      ),
    );
    const form = await openInvite(user);
    await user.type(form.getByLabelText("E-mailadres"), "noor@trottoir.example");
    await user.click(form.getByRole("combobox", { name: "Rol" }));
    await user.click(await screen.findByRole("option", { name: "Syndicus" }));
    await user.click(form.getByRole("button", { name: "Maak uitnodiging" }));
    expect(await form.findByText("Er is al een account met dit e-mailadres.")).toBeVisible();
    expect(form.getByLabelText("E-mailadres")).toBeInvalid();
  });

  it("makes a new link for who lost it", async () => {
    const { user } = show({ invitations: [makeInvitation({ expired: true })] });
    expect(await screen.findByText(/^verlopen/)).toBeVisible();
    await user.click(
      screen.getByRole("button", { name: "Nieuwe link voor emma@trottoir.example" }),
    );
    const shown = within(
      await screen.findByRole("dialog", { name: "Uitnodiging voor emma@trottoir.example" }),
    );
    expect(
      await shown.findByText(/^Er is een mail onderweg naar emma@trottoir.example\. .* student\.$/),
    ).toBeVisible();
    expect(shown.getByLabelText("Link, als de mail niet aankomt")).toHaveValue(
      `${window.location.origin}/register?token=a-new-token`,
    );
    await user.click(shown.getByRole("button", { name: "Klaar" }));
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });

  it("withdraws after a question that names the address", async () => {
    const { user } = show({ invitations: [makeInvitation()] });
    await user.click(
      await screen.findByRole("button", {
        name: "Uitnodiging van emma@trottoir.example intrekken …",
      }),
    );
    await screen.findByRole("dialog", {
      name: "Uitnodiging van emma@trottoir.example intrekken?",
    });
    await user.click(screen.getByRole("button", { name: "Uitnodiging intrekken" }));
    expect(
      await screen.findByText("De uitnodiging van emma@trottoir.example is ingetrokken."),
    ).toBeVisible();
    expect(await screen.findByText("Er staan geen uitnodigingen open.")).toBeVisible();
  });

  it("leaves alone what is above the own rank", async () => {
    show({ invitations: [makeInvitation({ role: "admin" })] });
    expect(await screen.findByText("emma@trottoir.example")).toBeVisible();
    expect(screen.queryByRole("button", { name: /^Nieuwe link/ })).not.toBeInTheDocument();
  });
});
