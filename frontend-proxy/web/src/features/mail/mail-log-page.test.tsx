import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { MailMessage, MailMessageDetail, MailStatus, MailTry } from "@/shared/api/types";
import { makeBuilding, makeMailMessage, makeMailTry, makePerson } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { MailLogPage } from "./mail-log-page";
import type { MailFilter } from "./queries";

type Scene = {
  messages?: MailMessage[];
  text?: string;
  log?: MailTry[];
  status?: Partial<MailStatus>;
  filter?: MailFilter;
  open?: number;
  copies?: MailMessageDetail["copies"];
  attachments?: MailMessageDetail["attachments"];
};

function Page({ filter: first = {}, open: opened }: Pick<Scene, "filter" | "open">) {
  const [filter, setFilter] = useState(first);
  const [open, setOpen] = useState(opened);
  return <MailLogPage filter={filter} open={open} onFilter={setFilter} onOpen={setOpen} />;
}

/** A small server that keeps the log. */
function show({ messages = [makeMailMessage()], text = "", log = [], ...scene }: Scene = {}) {
  let kept = messages;
  const asked = vi.fn();
  server.use(
    http.get(at("/mail/status"), () =>
      HttpResponse.json({
        configured: true,
        from: "trottoir@trottoir.example",
        waiting: 0,
        waiting_since: null,
        failed: 0,
        last_sent_at: null,
        ...scene.status,
      }),
    ),
    http.get(at("/mail/messages"), ({ request }) => {
      const { limit: _, ...query } = Object.fromEntries(new URL(request.url).searchParams);
      asked(query);
      const items = kept.filter(({ status }) =>
        [undefined, status].includes(query.status as never),
      );
      return HttpResponse.json({ items, next_cursor: "" });
    }),
    http.get(at("/mail/messages/:id"), ({ params }) => {
      const message = kept.find(({ id }) => id === Number(params.id));
      return message === undefined
        ? HttpResponse.json({ code: "not_found", message: "" }, { status: 404 })
        : HttpResponse.json({
            message,
            text,
            copies: scene.copies ?? [],
            attachments: scene.attachments ?? [],
            message_id: "1@trottoir.example",
            log,
          });
    }),
    http.post(at("/mail/messages/:id/resend"), ({ params }) => {
      const again = makeMailMessage({ id: 90, resent_from: Number(params.id), status: "waiting" });
      kept = [again, ...kept];
      return HttpResponse.json(again);
    }),
    http.post(at("/mail/test"), () => {
      const test = makeMailMessage({ id: 91, kind: "test", status: "sending", subject: "" });
      kept = [test, ...kept];
      return HttpResponse.json(test);
    }),
  );
  renderPage(<Page filter={scene.filter} open={scene.open} />);
  return { user: userEvent.setup(), asked };
}

// The tab has the same name.
const writeLink = () => screen.getAllByRole("link", { name: "Schrijven" }).at(-1);
const list = async () => within(await screen.findByRole("list", { name: "Mail" }));
const panel = async (name: string | RegExp) =>
  within(await screen.findByRole("complementary", { name }));

describe("the log of mail", () => {
  it("shows what was sent to whom, and what became of it", async () => {
    show({
      messages: [
        makeMailMessage({ id: 2, name: "Lotte De Smet", address: "lotte@trottoir.example" }),
        makeMailMessage({
          id: 1,
          kind: "runs",
          status: "failed",
          subject: "Je planning is gewijzigd",
        }),
      ],
    });
    const rows = (await list()).getAllByRole("listitem");
    expect(rows[0]).toHaveTextContent("Lotte De Smet");
    expect(rows[0]).toHaveTextContent("lotte@trottoir.example");
    expect(rows[0]).toHaveTextContent("Uitnodiging");
    expect(rows[0]).toHaveTextContent("verstuurd");
    expect(rows[1]).toHaveTextContent("Wijzigingen in de planning");
    expect(rows[1]).toHaveTextContent("mislukt");
  });

  it("names a message by its kind before it is written, also a kind of a newer server", async () => {
    show({
      messages: [
        makeMailMessage({ id: 2, kind: "reminder", subject: "", address: "", status: "waiting" }),
        makeMailMessage({ id: 1, kind: "weather", subject: "" }),
      ],
    });
    const rows = await list();
    expect(
      rows.getByRole("link", { name: "Toon Herinnering aan morgen aan onbekend" }),
    ).toBeVisible();
    expect(rows.getByText("weather")).toBeVisible();
  });

  it("asks the server for what the filters say, and clears them", async () => {
    const { user, asked } = show({ messages: [], filter: { status: "failed", kind: "runs" } });
    expect(await screen.findByText("Geen mail gevonden")).toBeVisible();
    expect(asked).toHaveBeenLastCalledWith({ status: "failed", kind: "runs" });
    await user.type(screen.getByRole("searchbox", { name: "Zoeken" }), "lotte");
    await waitFor(() =>
      expect(asked).toHaveBeenLastCalledWith({ status: "failed", kind: "runs", q: "lotte" }),
    );
    await user.click(await screen.findByRole("button", { name: "Alles tonen" }));
    expect(await screen.findByText("Nog geen mail")).toBeVisible();
    expect(asked).toHaveBeenLastCalledWith({});
    expect(screen.getByRole("searchbox", { name: "Zoeken" })).toHaveValue("");
  });

  it("chooses a status", async () => {
    const { user, asked } = show();
    await user.click(await screen.findByRole("combobox", { name: "Status" }));
    await user.click(await screen.findByRole("option", { name: "mislukt" }));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith({ status: "failed" }));
  });

  it("says when the address narrows the list to one person", async () => {
    server.use(http.get(at("/users/3"), () => HttpResponse.json(makePerson())));
    const { user, asked } = show({ filter: { user: 3 } });
    expect(await screen.findByText("Je ziet alleen mail aan Lotte De Smet.")).toBeVisible();
    expect(writeLink()).toHaveAttribute("href", "/manage/mail/write?user=3");
    expect(asked).toHaveBeenLastCalledWith({ user: "3" });
    await user.click(screen.getByRole("button", { name: "Alles tonen" }));
    await waitFor(() => expect(asked).toHaveBeenLastCalledWith({}));
  });

  it("names the building and the sending that the address narrows the list to", async () => {
    server.use(http.get(at("/buildings/100"), () => HttpResponse.json(makeBuilding())));
    const { asked } = show({ filter: { building: 100, sending: 4 } });
    expect(
      await screen.findByText(
        "Je ziet alleen mail over Overpoortstraat 47. Je ziet alleen de mails van één verzending.",
      ),
    ).toBeVisible();
    expect(asked).toHaveBeenLastCalledWith({ building: "100", sending: "4" });
    expect(writeLink()).toHaveAttribute("href", "/manage/mail/write?building=100");
  });

  it("goes from row to row with the arrows", async () => {
    const { user } = show({
      messages: [makeMailMessage({ id: 2 }), makeMailMessage({ id: 1, kind: "test", subject: "" })],
    });
    const links = (await list()).getAllByRole("link");
    links[0]?.focus();
    await user.keyboard("{ArrowDown}");
    expect(links[1]).toHaveFocus();
    await user.keyboard("{ArrowUp}");
    expect(links[0]).toHaveFocus();
  });

  it("can be asked again after a failure", async () => {
    show();
    server.use(
      http.get(
        at("/mail/messages"),
        () => HttpResponse.json({ code: "internal" }, { status: 500 }),
        {
          once: true,
        },
      ),
    );
    await userEvent.setup().click(await screen.findByRole("button", { name: "Probeer opnieuw" }));
    await list();
  });
});

describe("how sending goes", () => {
  it("tells what waits, since when, and what failed", async () => {
    show({
      status: { waiting: 3, waiting_since: "2026-11-24T09:00:00Z", failed: 2 },
    });
    const waits = await screen.findByRole("link", { name: /^3, de oudste sinds .* 10:00$/ });
    expect(waits).toHaveAttribute("href", "/manage/mail?status=waiting");
    expect(screen.getByRole("link", { name: "2" })).toHaveAttribute(
      "href",
      "/manage/mail?status=failed",
    );
    expect(screen.getByText("trottoir@trottoir.example")).toBeVisible();
  });

  it("says that links are to be passed on by hand without a mail server, and offers no test", async () => {
    show({ status: { configured: false, waiting: 1, waiting_since: "2026-11-24T09:00:00Z" } });
    expect(await screen.findByText(/Geef links zelf door/)).toBeVisible();
    expect(screen.getByRole("link", { name: "1" })).toBeVisible();
    expect(screen.queryByRole("button", { name: /testmail/ })).not.toBeInTheDocument();
  });

  it("sends a test and shows how it goes", async () => {
    const { user } = show();
    await user.click(await screen.findByRole("button", { name: "Stuur mezelf een testmail" }));
    const test = await panel("Testmail");
    expect(test.getByText("wordt verstuurd")).toBeVisible();
    expect((await list()).getByRole("link", { name: /^Toon Testmail/ })).toBeVisible();
  });

  it("says how long to wait after too many tests", async () => {
    const { user } = show();
    server.use(
      http.post(at("/mail/test"), () =>
        HttpResponse.json(
          { code: "resource_exhausted", details: { reason: "rate_limited", retry_after: 60 } },
          { status: 429 },
        ),
      ),
    );
    await user.click(await screen.findByRole("button", { name: "Stuur mezelf een testmail" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("1 minuut");
  });
});

describe("a message", () => {
  it("shows its text, that a link is blacked out, and each try with the server's answer", async () => {
    show({
      open: 31,
      text: "Dag Emma,\n\nhttps://trottoir.example/register?token=█████",
      log: [
        makeMailTry({ outcome: "temporary", code: 451, answer: "451 4.7.1 greylisted" }),
        makeMailTry({ started_at: "2026-11-24T09:01:00Z" }),
        makeMailTry({ started_at: "2026-11-24T09:02:00Z", outcome: null, code: 0, answer: "" }),
      ],
    });
    const shown = await panel("Je bent uitgenodigd bij Trottoir");
    expect(shown.getByText(/^Dag Emma,/)).toBeVisible();
    expect(shown.getByText(/alleen voor de ontvanger/)).toBeVisible();
    const tries = within(shown.getByRole("list", { name: "Pogingen" })).getAllByRole("listitem");
    expect(tries[0]).toHaveTextContent("nu niet, later opnieuw");
    expect(tries[0]).toHaveTextContent("451 4.7.1 greylisted");
    expect(tries[1]).toHaveTextContent("aangenomen");
    expect(tries[2]).toHaveTextContent("bezig");
    expect(shown.getByText("1@trottoir.example")).toBeVisible();
  });

  it("shows who gets a copy, what goes with it, and leads to the others and to writing again", async () => {
    server.use(http.get(at("/buildings/100"), () => HttpResponse.json(makeBuilding())));
    show({
      open: 31,
      messages: [makeMailMessage({ kind: "message", user_id: 3, sending_id: 4, building_id: 100 })],
      copies: [
        { name: "An Maes", address: "an@trottoir.example" },
        { name: "", address: "raad@trottoir.example" },
      ],
      attachments: [{ name: "2026-11-25-1.jpg", bytes: 1_300_000 }],
    });
    const shown = await panel(/uitgenodigd/);
    expect(shown.getByText("An Maes (an@trottoir.example)")).toBeVisible();
    expect(shown.getByText("raad@trottoir.example")).toBeVisible();
    expect(shown.getByText("2026-11-25-1.jpg (1,2 MB)")).toBeVisible();
    expect(await shown.findByRole("link", { name: "Overpoortstraat 47" })).toHaveAttribute(
      "href",
      "/manage/mail?building=100",
    );
    expect(shown.getByRole("link", { name: "Alle mails van deze verzending" })).toHaveAttribute(
      "href",
      "/manage/mail?sending=4",
    );
    expect(shown.getByRole("link", { name: "Schrijf opnieuw" })).toHaveAttribute(
      "href",
      "/manage/mail/write?user=3&building=100",
    );
  });

  it("is sent again, as a new one that tells which it repeats", async () => {
    const { user } = show({ open: 31, messages: [makeMailMessage({ status: "failed" })] });
    const failed = await panel(/uitgenodigd/);
    await user.click(failed.getByRole("button", { name: "Opnieuw versturen" }));
    await waitFor(async () =>
      expect((await panel(/uitgenodigd/)).getByText("wacht")).toBeVisible(),
    );
    const again = await panel(/uitgenodigd/);
    expect(again.queryByRole("button", { name: "Opnieuw versturen" })).not.toBeInTheDocument();
    expect(again.getByRole("link", { name: "Dit herhaalt een eerdere mail" })).toHaveAttribute(
      "href",
      "/manage/mail?message=31",
    );
    expect((await list()).getAllByRole("listitem")).toHaveLength(2);
  });

  it.each([
    ["in_use", "Deze mail wacht nog om verstuurd te worden."],
    ["missing", "Niemand weet nog aan wie deze mail gericht was."],
  ])("says why it cannot be sent again: %s", async (reason, sentence) => {
    const { user } = show({ open: 31 });
    server.use(
      http.post(at("/mail/messages/31/resend"), () =>
        HttpResponse.json({ code: "failed_precondition", details: { reason } }, { status: 400 }),
      ),
    );
    const sent = await panel(/uitgenodigd/);
    await user.click(sent.getByRole("button", { name: "Opnieuw versturen" }));
    expect(await sent.findByRole("alert")).toHaveTextContent(sentence);
  });

  it("says when it is tried again", async () => {
    show({
      open: 31,
      messages: [
        makeMailMessage({
          status: "waiting",
          tries: 2,
          ended_at: null,
          next_try_at: "2026-11-24T10:30:00Z",
        }),
      ],
    });
    const waits = await panel(/uitgenodigd/);
    expect(waits.getByText("Volgende poging")).toBeVisible();
    expect(waits.getByText(/11:30$/)).toBeVisible();
  });

  it("says that there is no such message, and closes with Escape", async () => {
    const { user } = show({ open: 5 });
    expect(await (await panel("Mail")).findByText("Niet gevonden")).toBeVisible();
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("complementary")).not.toBeInTheDocument();
  });
});
