import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { MailPreference } from "@/shared/api/types";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { MailPreferences } from "./mail-preferences";

const offered: MailPreference[] = [
  { kind: "runs", choice: "on", choices: ["on", "digest", "off"], notify: true },
  { kind: "reminder", choice: "on", choices: ["on", "off"], notify: null },
];

/** A small server that keeps what is chosen. */
function show({ kinds = offered }: { kinds?: MailPreference[] } = {}) {
  let items = kinds;
  const sent = vi.fn();
  server.use(
    http.get(at("/mail/preferences"), () => HttpResponse.json({ items })),
    http.put(at("/mail/preferences"), async ({ request }) => {
      const body = (await request.json()) as { items: MailPreference[] };
      sent(body.items);
      items = items.map((item) => ({
        ...item,
        ...body.items.find(({ kind }) => kind === item.kind),
      }));
      return HttpResponse.json({ items });
    }),
  );
  renderPage(<MailPreferences />);
  return { user: userEvent.setup(), sent };
}

const planning = () => screen.findByRole("combobox", { name: "Wijzigingen in de planning Mail" });

describe("mail preferences", () => {
  it("offers what a kind has, and shows what counts", async () => {
    show();
    const planned = await planning();
    expect(
      within(planned)
        .getAllByRole("option")
        .map(({ textContent }) => textContent),
    ).toEqual(["Meteen", "Dagelijks", "Uit"]);
    expect(planned).toHaveDisplayValue("Meteen");
    expect(planned).toHaveAccessibleDescription(/^Wanneer er een rit voor jou gepland/);
    const reminder = screen.getByRole("switch", { name: "Herinnering aan morgen Mail" });
    expect(reminder).toBeChecked();
  });

  it("is a table: a row for each kind, a column for each way to be told", async () => {
    show();
    await planning();
    const table = screen.getByRole("table");
    expect(
      within(table)
        .getAllByRole("columnheader")
        .map(({ textContent }) => textContent),
    ).toEqual(["Soort", "Mail", "Toestel"]);
    expect(
      within(table)
        .getAllByRole("rowheader")
        .map(({ textContent }) => textContent),
    ).toEqual(["Wijzigingen in de planning", "Herinnering aan morgen"]);
    const row = screen.getByRole("row", { name: /^Herinnering aan morgen/ });
    expect(within(row).getAllByRole("switch")).toHaveLength(1);
    expect(within(row).getByText("Geen notificatie")).toBeInTheDocument();
  });

  it("keeps a switched choice too", async () => {
    const { user, sent } = show();
    await planning();
    const reminder = screen.getByRole("switch", { name: "Herinnering aan morgen Mail" });
    await user.click(reminder);
    expect(await screen.findByText("Bewaard")).toBeVisible();
    expect(sent).toHaveBeenCalledExactlyOnceWith([{ kind: "reminder", choice: "off" }]);
    expect(reminder).not.toBeChecked();
  });

  it("keeps a choice at once, and says so", async () => {
    const { user, sent } = show();
    const choices = await planning();
    await user.selectOptions(choices, "Dagelijks");
    expect(choices).toHaveDisplayValue("Dagelijks");
    expect(await screen.findByText("Bewaard")).toBeVisible();
    expect(sent).toHaveBeenCalledExactlyOnceWith([{ kind: "runs", choice: "digest" }]);
    expect(choices).toHaveDisplayValue("Dagelijks");
  });

  it("has a switch of its own for notifications, where there are any", async () => {
    const { user, sent } = show();
    const notify = await screen.findByRole("switch", {
      name: "Wijzigingen in de planning Toestel",
    });
    expect(notify).toBeChecked();
    await user.click(notify);
    expect(await screen.findByText("Bewaard")).toBeVisible();
    expect(notify).not.toBeChecked();
    expect(sent).toHaveBeenCalledExactlyOnceWith([{ kind: "runs", notify: false }]);
  });

  it("goes back to what counts when the server refuses, and says why", async () => {
    const { user } = show();
    const choices = await planning();
    server.use(
      http.put(at("/mail/preferences"), () =>
        HttpResponse.json({ code: "unavailable", message: "" }, { status: 503 }),
      ),
    );
    await user.selectOptions(choices, "Uit");
    expect(await screen.findByRole("alert")).toHaveTextContent("Niet bewaard.");
    expect(choices).toHaveDisplayValue("Meteen");
    expect(screen.queryByText("Bewaard")).not.toBeInTheDocument();
  });

  it("ends with the last of two quick choices, whichever answer comes first", async () => {
    const { user } = show();
    let answers: (() => void)[] = [];
    const asked: string[] = [];
    server.use(
      http.put(at("/mail/preferences"), async ({ request }) => {
        const { items } = (await request.json()) as { items: MailPreference[] };
        asked.push(items[0]?.choice ?? "");
        await new Promise<void>((done) => {
          answers = [...answers, done];
        });
        return HttpResponse.json({
          items: offered.map((item) => ({ ...item, ...items.find((i) => i.kind === item.kind) })),
        });
      }),
    );
    const choices = await planning();
    await user.selectOptions(choices, "Uit");
    await user.selectOptions(choices, "Dagelijks");
    await vi.waitFor(() => expect(asked).toEqual(["off"]));
    answers[0]?.();
    await vi.waitFor(() => expect(asked).toEqual(["off", "digest"]));
    expect(choices).toHaveDisplayValue("Dagelijks");
    answers[1]?.();
    expect(await screen.findByText("Bewaard")).toBeVisible();
    expect(choices).toHaveDisplayValue("Dagelijks");
  });

  it("says that there is nothing to choose", async () => {
    show({ kinds: [] });
    expect(await screen.findByText(/Voor jouw rol valt er niets te kiezen/)).toBeVisible();
  });

  it("leaves out a kind that it has no words for", async () => {
    show({
      kinds: [...offered, { kind: "weather", choice: "on", choices: ["on", "off"], notify: null }],
    });
    await planning();
    expect(screen.getAllByRole("rowheader")).toHaveLength(2);
  });

  it("can be asked again after a failure", async () => {
    server.use(
      http.get(
        at("/mail/preferences"),
        () => HttpResponse.json({ code: "internal" }, { status: 500 }),
        {
          once: true,
        },
      ),
    );
    renderPage(<MailPreferences />);
    const retry = await screen.findByRole("button", { name: "Probeer opnieuw" });
    server.use(http.get(at("/mail/preferences"), () => HttpResponse.json({ items: offered })));
    await userEvent.setup().click(retry);
    await planning();
  });
});
