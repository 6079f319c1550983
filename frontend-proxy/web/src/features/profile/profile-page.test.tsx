import { QueryClient, useQuery } from "@tanstack/react-query";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { meQuery } from "@/shared/account/me-query";
import type { Account, AccountSession, CalendarLink, Token } from "@/shared/api/types";
import { makeAccount } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { ProfilePage } from "./profile-page";
import type { ProfileTab } from "./tabs";

const refusal = (status: number, code: string, details: object) => () =>
  HttpResponse.json({ code, message: "", details }, { status });

/** The page as its route shows it: with the account of the cache. */
function Page({ tab }: { tab: ProfileTab }) {
  const me = useQuery({ ...meQuery, refetchOnMount: false }).data;
  return me === undefined ? null : (
    <ProfilePage me={me} tab={tab} mail="Welke mail" availability="Werkdagen" />
  );
}

function show(tab: ProfileTab, me: Account = makeAccount(), kept: Account = me) {
  server.use(
    http.get(at("/regions"), () =>
      HttpResponse.json({ items: [{ id: 1, name: "Gent Centrum", version: 1 }], next_cursor: "" }),
    ),
    http.get(at("/me"), () => HttpResponse.json(me)),
  );
  const queryClient = new QueryClient({
    defaultOptions: { queries: { retry: false, networkMode: "always" } },
  });
  queryClient.setQueryData(meQuery.queryKey, kept);
  renderPage(<Page tab={tab} />, { queryClient });
  return { user: userEvent.setup(), queryClient };
}

/** Answers one kind of request, and tells what was sent. */
function answering(
  method: "put" | "post" | "delete",
  path: string,
  answer: (body: never) => Response,
) {
  const sent = vi.fn();
  server.use(
    http[method](at(path), async ({ request }) => {
      const text = await request.text();
      const body = text === "" ? undefined : JSON.parse(text);
      sent(body);
      return answer(body as never);
    }),
  );
  return sent;
}

describe("the parts of one's account", () => {
  it("are links, of which one is open", async () => {
    server.use(http.get(at("/me/tokens"), () => HttpResponse.json({ items: [] })));
    show("tokens");
    const tabs = await screen.findByRole("navigation", { name: "Delen van je account" });
    expect(within(tabs).getByRole("link", { current: "page" })).toHaveTextContent(
      "Toegangssleutels",
    );
    expect(within(tabs).getByRole("link", { name: "Toestellen" })).toHaveAttribute(
      "href",
      "/profile?tab=sessions",
    );
  });

  it("have the choices of mail among them", async () => {
    show("mail");
    expect(await screen.findByText("Welke mail")).toBeVisible();
    expect(screen.getByRole("link", { current: "page" })).toHaveTextContent("Mail");
  });
});

describe("one's details", () => {
  it("are changed, with the phone number in one form", async () => {
    const { user, queryClient } = show("me");
    const sent = answering("put", "/me", (body: object) =>
      HttpResponse.json({ ...makeAccount(), ...body }),
    );
    const first = await screen.findByLabelText("Voornaam");
    expect(first).toHaveValue("Ruben");
    expect(await screen.findByText("Gent Centrum")).toBeVisible();
    await user.clear(first);
    await user.type(first, "Robin");
    await user.type(screen.getByLabelText(/^Telefoon/), "0470 12 34 56");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText("Je gegevens zijn bewaard.")).toBeVisible();
    expect(sent).toHaveBeenCalledWith({
      first_name: "Robin",
      last_name: "Verhaeghe",
      phone: "+32470123456",
      language: "nl",
    });
    expect(queryClient.getQueryData(meQuery.queryKey)?.first_name).toBe("Robin");
    expect(screen.getByLabelText(/^Telefoon/)).toHaveValue("+32 470 12 34 56");
  });

  it("lead to what is missing", async () => {
    const { user } = show("me");
    await user.clear(await screen.findByLabelText("Familienaam"));
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText("Vul je familienaam in")).toBeVisible();
    await vi.waitFor(() => expect(screen.getByLabelText("Familienaam")).toHaveFocus());
  });

  it("are asked for anew: what the device kept may be older", async () => {
    const kept = makeAccount({ new_email: "nieuw@trottoir.example" });
    const { queryClient } = show("me", makeAccount({ email: "nieuw@trottoir.example" }), kept);
    await vi.waitFor(() => expect(queryClient.getQueryData(meQuery.queryKey)?.new_email).toBe(""));
    await vi.waitFor(() => expect(screen.queryByText(/Kijk in de mailbox/)).toBeNull());
  });

  it("follow another window, but not over what somebody is typing", async () => {
    const { user, queryClient } = show("me");
    const first = await screen.findByLabelText("Voornaam");
    const otherWindow = (first_name: string) => {
      server.use(http.get(at("/me"), () => HttpResponse.json(makeAccount({ first_name }))));
      return queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    };
    await otherWindow("Robin");
    await vi.waitFor(() => expect(first).toHaveValue("Robin"));
    await user.type(first, "a");
    await otherWindow("Rob");
    await vi.waitFor(() => expect(first).toHaveValue("Robina"));
  });
});

describe("another e-mail address", () => {
  async function ask(user: ReturnType<typeof userEvent.setup>) {
    await user.click(await screen.findByRole("button", { name: "Ander e-mailadres …" }));
    const dialog = await screen.findByRole("dialog", { name: "Ander e-mailadres" });
    await user.type(within(dialog).getByLabelText("Nieuw e-mailadres"), "nieuw@trottoir.example");
    await user.type(within(dialog).getByLabelText("Je wachtwoord"), "geheim{Enter}");
    return dialog;
  }

  it("is asked for, and waits in the new mailbox", async () => {
    const { user } = show("me");
    const sent = answering("put", "/me/email", () => {
      server.use(
        http.get(at("/me"), () =>
          HttpResponse.json(makeAccount({ new_email: "nieuw@trottoir.example" })),
        ),
      );
      return HttpResponse.json({ new_email: "nieuw@trottoir.example", expires_at: null });
    });
    await ask(user);
    expect(await screen.findByText(/Kijk in de mailbox van nieuw@trottoir\.example/)).toBeVisible();
    expect(sent).toHaveBeenCalledWith({ email: "nieuw@trottoir.example", password: "geheim" });
  });

  it("is refused at the password", async () => {
    const { user } = show("me");
    answering(
      "put",
      "/me/email",
      refusal(400, "invalid_argument", { field: "password", reason: "wrong_password" }),
    );
    await ask(user);
    expect(await screen.findByText("Dit is je wachtwoord niet.")).toBeVisible();
  });
});

const factor = (changes: object = {}) =>
  http.get(at("/me/second-factor"), () =>
    HttpResponse.json({
      active: false,
      required: false,
      since: null,
      recovery_codes_left: 0,
      ...changes,
    }),
  );
const on = { active: true, since: "2026-11-01T09:00:00Z", recovery_codes_left: 2 };

describe("the password", () => {
  async function change(user: ReturnType<typeof userEvent.setup>) {
    server.use(factor());
    await user.type(await screen.findByLabelText("Huidig wachtwoord"), "geheim");
    await user.type(screen.getByLabelText("Nieuw wachtwoord"), "regen op de stoep");
    await user.click(screen.getByRole("button", { name: "Verander het wachtwoord" }));
  }

  it("is changed, and says how many devices were signed out", async () => {
    server.use(factor());
    const { user } = show("security");
    const sent = answering("put", "/me/password", () => HttpResponse.json({ sessions_ended: 2 }));
    await change(user);
    expect(await screen.findByText(/2 andere toestellen zijn afgemeld/)).toBeVisible();
    expect(sent).toHaveBeenCalledWith({
      current_password: "geheim",
      new_password: "regen op de stoep",
    });
    expect(screen.getByLabelText("Nieuw wachtwoord")).toHaveValue("");
  });

  it("takes a new address back that waits to be confirmed", async () => {
    const { user, queryClient } = show(
      "security",
      makeAccount({ new_email: "nieuw@trottoir.example" }),
    );
    server.use(factor());
    answering("put", "/me/password", () => {
      server.use(http.get(at("/me"), () => HttpResponse.json(makeAccount({ new_email: "" }))));
      return HttpResponse.json({ sessions_ended: 0 });
    });
    await change(user);
    await vi.waitFor(() =>
      expect(queryClient.getQueryData(meQuery.queryKey)).toMatchObject({ new_email: "" }),
    );
  });

  it.each([
    ["current_password", "wrong_password", "Huidig wachtwoord"],
    ["new_password", "guessable", "Nieuw wachtwoord"],
  ])("is refused at its field: %s", async (field, reason, label) => {
    server.use(factor());
    const { user } = show("security");
    answering("put", "/me/password", refusal(400, "invalid_argument", { field, reason }));
    await change(user);
    await vi.waitFor(() =>
      expect(screen.getByLabelText(label)).toHaveAttribute("aria-invalid", "true"),
    );
    await vi.waitFor(() => expect(screen.getByLabelText(label)).toHaveFocus());
  });

  it("says how long to wait after too many wrong ones", async () => {
    server.use(factor());
    const { user } = show("security");
    answering(
      "put",
      "/me/password",
      refusal(429, "resource_exhausted", { reason: "rate_limited", retry_after: 120 }),
    );
    await change(user);
    expect(await screen.findByRole("alert")).toHaveTextContent("Wacht 2 minuten");
  });
});

describe("codes for signing in", () => {
  it("are set up when there are none", async () => {
    server.use(factor());
    const { user } = show("security");
    await user.click(await screen.findByRole("button", { name: "Stel codes in …" }));
    expect(await screen.findByRole("dialog", { name: "Codes om je aan te melden" })).toBeVisible();
  });

  it("give new recovery codes for the password", async () => {
    server.use(factor(on));
    const { user } = show("security");
    const sent = answering("post", "/me/recovery-codes", () =>
      HttpResponse.json({ recovery_codes: ["aaaa-bbbb-cccc-dddd"] }),
    );
    expect(await screen.findByText("2 herstelcodes over")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Nieuwe herstelcodes …" }));
    await user.type(await screen.findByLabelText("Je wachtwoord"), "geheim{Enter}");
    expect(await screen.findByText("aaaa-bbbb-cccc-dddd")).toBeVisible();
    expect(sent).toHaveBeenCalledWith({ password: "geheim" });
    await user.click(screen.getByRole("button", { name: "Ik heb ze bewaard" }));
    expect(await screen.findByText("Je hebt nieuwe herstelcodes.")).toBeVisible();
  });

  it("are switched off with the password and a code", async () => {
    server.use(factor({ ...on, required: true }));
    const { user } = show("security");
    const sent = answering("post", "/me/second-factor/remove", () => {
      server.use(factor({ required: true }));
      return HttpResponse.json({ required: true });
    });
    await user.click(await screen.findByRole("button", { name: "Zet codes uit …" }));
    const dialog = await screen.findByRole("dialog", { name: "Codes uitzetten?" });
    expect(dialog).toHaveTextContent("je stelt meteen nieuwe in");
    await user.type(within(dialog).getByLabelText("Je wachtwoord"), "geheim");
    await user.type(within(dialog).getByLabelText(/^Code van de app/), "123456{Enter}");
    expect(await screen.findByText("Codes staan uit.")).toBeVisible();
    expect(sent).toHaveBeenCalledWith({ password: "geheim", code: "123456" });
  });
});

function makeSession(changes: Partial<AccountSession> = {}): AccountSession {
  return {
    id: 5,
    current: false,
    browser: "Chrome",
    system: "Android",
    kind: "phone",
    address: "203.0.113.7",
    network: "public",
    place: "",
    started_at: "2026-11-20T09:00:00Z",
    last_used_at: "2026-11-24T17:00:00Z",
    expires_at: "2026-12-08T17:00:00Z",
    ...changes,
  };
}

describe("the devices", () => {
  const here = makeSession({
    id: 4,
    current: true,
    browser: "Firefox",
    system: "Linux",
    kind: "desktop",
    address: "192.168.1.4",
    network: "private",
  });

  function showSessions(...others: AccountSession[]) {
    // By their last use.
    let items = [...others, here];
    server.use(http.get(at("/me/sessions"), () => HttpResponse.json({ items })));
    const end = (id?: number) => {
      items = items.filter((item) => item.current || (id !== undefined && item.id !== id));
    };
    return { ...show("sessions"), end };
  }

  it("are listed, this one marked and without a way to end it", async () => {
    showSessions(makeSession({ place: "Gent, België" }));
    const rows = within(
      await screen.findByRole("list", { name: "Toestellen waarop je bent aangemeld" }),
    ).getAllByRole("listitem");
    expect(rows[0]).toHaveTextContent("Firefox, Linuxdit toestel");
    expect(rows[0]).toHaveTextContent("192.168.1.4 (eigen netwerk)");
    expect(within(rows[0] as HTMLElement).queryByRole("button")).toBeNull();
    expect(rows[1]).toHaveTextContent("Chrome, Android");
    expect(rows[1]).toHaveTextContent("Gent, België · 203.0.113.7");
  });

  it("are signed out one by one", async () => {
    const { user, end } = showSessions(makeSession());
    const sent = answering("delete", "/me/sessions/5", () => {
      end(5);
      return HttpResponse.json({ id: 5 });
    });
    await user.click(await screen.findByRole("button", { name: "Meld Chrome, Android af …" }));
    await user.click(await screen.findByRole("button", { name: "Meld af" }));
    expect(await screen.findByText("Chrome, Android is afgemeld.")).toBeVisible();
    expect(sent).toHaveBeenCalledOnce();
    expect(await screen.findByText(/op geen ander toestel/)).toBeVisible();
  });

  it("take a device that is gone already as signed out", async () => {
    const { user } = showSessions(makeSession());
    answering("delete", "/me/sessions/5", refusal(404, "not_found", { reason: "missing" }));
    await user.click(await screen.findByRole("button", { name: "Meld Chrome, Android af …" }));
    await user.click(await screen.findByRole("button", { name: "Meld af" }));
    expect(await screen.findByText("Chrome, Android is afgemeld.")).toBeVisible();
  });

  it("are all signed out after a question", async () => {
    const { user, end } = showSessions(makeSession(), makeSession({ id: 6 }));
    answering("delete", "/me/sessions", () => {
      end();
      return HttpResponse.json({ sessions_ended: 2 });
    });
    await user.click(
      await screen.findByRole("button", { name: "Meld alle andere toestellen af …" }),
    );
    await user.click(await screen.findByRole("button", { name: "Meld alle andere af" }));
    expect(await screen.findByText("2 andere toestellen zijn afgemeld.")).toBeVisible();
  });

  it("can be asked for again after a failure", async () => {
    server.use(http.get(at("/me/sessions"), refusal(503, "unavailable", {})));
    const { user } = show("sessions");
    await screen.findByRole("alert");
    server.use(http.get(at("/me/sessions"), () => HttpResponse.json({ items: [here] })));
    await user.click(screen.getByRole("button", { name: "Probeer opnieuw" }));
    expect(await screen.findByText(/Firefox/)).toBeVisible();
  });
});

function makeToken(changes: Partial<Token> = {}): Token {
  return {
    id: 8,
    name: "Planning in Excel",
    scope: "read",
    created_at: "2026-11-01T09:00:00Z",
    expires_at: "2027-01-30T09:00:00Z",
    expired: false,
    last_used_at: null,
    ...changes,
  };
}

describe("tokens", () => {
  function showTokens(...tokens: Token[]) {
    let items = tokens;
    server.use(http.get(at("/me/tokens"), () => HttpResponse.json({ items })));
    return {
      ...show("tokens"),
      store: (now: Token[]) => {
        items = now;
      },
    };
  }

  it("are made, and shown this once", async () => {
    const { user, store } = showTokens();
    const sent = answering("post", "/me/tokens", () => {
      store([makeToken()]);
      return HttpResponse.json({ token: makeToken(), secret: "trt_geheim" });
    });
    await user.click(await screen.findByRole("button", { name: "Maak een toegangssleutel" }));
    await user.type(await screen.findByLabelText("Naam"), "Planning in Excel");
    await user.click(screen.getByRole("radio", { name: /Lezen en veranderen/ }));
    await user.selectOptions(screen.getByLabelText("Hoelang hij werkt"), "30");
    await user.type(screen.getByLabelText("Je wachtwoord"), "geheim{Enter}");
    expect(await screen.findByLabelText("Toegangssleutel")).toHaveValue("trt_geheim");
    expect(sent).toHaveBeenCalledWith({
      name: "Planning in Excel",
      scope: "write",
      days: 30,
      password: "geheim",
    });
    await user.click(screen.getByRole("button", { name: "Kopieer de sleutel" }));
    expect(await navigator.clipboard.readText()).toBe("trt_geheim");
    await user.click(screen.getByRole("button", { name: "Klaar" }));
    expect(screen.queryByDisplayValue("trt_geheim")).toBeNull();
    expect(await screen.findByText("Planning in Excel")).toBeVisible();
  });

  it("say that there are as many as there may be", async () => {
    const { user } = showTokens(makeToken());
    answering("post", "/me/tokens", refusal(400, "failed_precondition", { reason: "too_many" }));
    await user.click(await screen.findByRole("button", { name: "Maak een toegangssleutel" }));
    await user.type(await screen.findByLabelText("Naam"), "x");
    await user.type(screen.getByLabelText("Je wachtwoord"), "geheim{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("Verwijder er eerst een");
  });

  it("are withdrawn after a question that names them", async () => {
    const { user, store } = showTokens(makeToken({ expired: true }));
    const sent = answering("delete", "/me/tokens/8", () => {
      store([]);
      return HttpResponse.json({ id: 8 });
    });
    expect(await screen.findByText(/verlopen op/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Trek Planning in Excel in …" }));
    await screen.findByRole("dialog", { name: "Planning in Excel intrekken?" });
    await user.click(screen.getByRole("button", { name: "Trek de sleutel in" }));
    expect(await screen.findByText("Planning in Excel is ingetrokken.")).toBeVisible();
    expect(sent).toHaveBeenCalledOnce();
    expect(await screen.findByText("Nog geen toegangssleutels")).toBeVisible();
  });
});

function makeLink(changes: Partial<CalendarLink> = {}): CalendarLink {
  return {
    id: 9,
    feed: "building",
    building_id: 100,
    tour_id: null,
    name: "Ter Duinen",
    language: "nl",
    created_at: "2026-11-20T09:00:00Z",
    used_at: null,
    ...changes,
  };
}

describe("calendar links", () => {
  function showLinks(...links: CalendarLink[]) {
    let items = links;
    server.use(http.get(at("/me/calendars"), () => HttpResponse.json({ items })));
    return {
      ...show("calendars"),
      store: (now: CalendarLink[]) => {
        items = now;
      },
    };
  }

  it("are made for one's own runs, and shown this once", async () => {
    const { user, store } = showLinks();
    const url = "https://trottoir.example/calendars/geheim.ics";
    const runs = makeLink({ feed: "runs", building_id: null, name: "" });
    const sent = answering("post", "/me/calendars", () => {
      store([runs]);
      return HttpResponse.json({ calendar: runs, url });
    });
    await user.click(await screen.findByRole("button", { name: "Agendalink …" }));
    expect(sent).not.toHaveBeenCalled();
    await user.click(await screen.findByRole("button", { name: "Maak de link" }));
    expect(await screen.findByLabelText("Link")).toHaveValue(url);
    expect(sent).toHaveBeenCalledWith({
      feed: "runs",
      building_id: null,
      tour_id: null,
      language: "nl",
    });
    expect(screen.getByRole("link", { name: /Open in de agenda/ })).toHaveAttribute(
      "href",
      "webcal://trottoir.example/calendars/geheim.ics",
    );
    await user.click(screen.getByRole("button", { name: "Klaar" }));
    expect(screen.queryByDisplayValue(url)).toBeNull();
    const list = await screen.findByRole("list", { name: "Je agendalinks" });
    expect(within(list).getByText("Mijn ritten")).toBeVisible();
  });

  it("are the same one when the answer was lost and it is asked for again", async () => {
    const { user, store } = showLinks();
    const runs = makeLink({ feed: "runs", building_id: null, name: "" });
    const keys: (string | null)[] = [];
    server.use(
      http.post(at("/me/calendars"), ({ request }) => {
        keys.push(request.headers.get("Idempotency-Key"));
        store([runs]);
        return keys.length === 1
          ? HttpResponse.error()
          : HttpResponse.json({ calendar: runs, url: "https://trottoir.example/calendars/a.ics" });
      }),
    );
    await user.click(await screen.findByRole("button", { name: "Agendalink …" }));
    await user.click(await screen.findByRole("button", { name: "Maak de link" }));
    expect(await screen.findByText(/Misschien is de link toch gemaakt/)).toBeVisible();
    const list = await screen.findByRole("list", { name: "Je agendalinks", hidden: true });
    expect(within(list).getByText(/nog niet gelezen/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Maak de link" }));
    expect(await screen.findByLabelText("Link")).toHaveValue(
      "https://trottoir.example/calendars/a.ics",
    );
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it("say that there are as many as there may be", async () => {
    const { user } = showLinks(makeLink());
    answering("post", "/me/calendars", refusal(400, "failed_precondition", { reason: "too_many" }));
    await user.click(await screen.findByRole("button", { name: "Agendalink …" }));
    await user.click(await screen.findByRole("button", { name: "Maak de link" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Verwijder er eerst een");
  });

  it("are withdrawn after a question that names them", async () => {
    const { user, store } = showLinks(makeLink());
    const sent = answering("delete", "/me/calendars/9", () => {
      store([]);
      return new HttpResponse(null, { status: 200 });
    });
    await user.click(
      await screen.findByRole("button", { name: "Trek Ophalingen: Ter Duinen in …" }),
    );
    await screen.findByRole("dialog", { name: "Agendalink intrekken: Ophalingen: Ter Duinen?" });
    await user.click(screen.getByRole("button", { name: "Trek de link in" }));
    expect(await screen.findByText("De agendalink is ingetrokken.")).toBeVisible();
    expect(sent).toHaveBeenCalledOnce();
  });

  it("are made by syndics on the page of a building", async () => {
    server.use(http.get(at("/me/calendars"), () => HttpResponse.json({ items: [] })));
    show("calendars", makeAccount({ role: "syndic" }));
    expect(await screen.findByText(/op de pagina van dat gebouw/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Agendalink …" })).toBeNull();
  });
});
