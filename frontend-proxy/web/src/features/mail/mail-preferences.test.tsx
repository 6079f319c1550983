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

const group = async (name: string) => within(await screen.findByRole("radiogroup", { name }));
const planning = () => group("Wijzigingen in de planning");

describe("mail preferences", () => {
  it("offers what a kind has, and shows what counts", async () => {
    show();
    const choices = await planning();
    expect(choices.getAllByRole("radio").map((radio) => radio.textContent)).toEqual([
      "Meteen",
      "Eén keer per dag",
      "Uit",
    ]);
    expect(choices.getByRole("radio", { name: "Meteen" })).toBeChecked();
    const reminder = await group("Herinnering aan morgen");
    expect(reminder.getAllByRole("radio").map((radio) => radio.textContent)).toEqual([
      "Aan",
      "Uit",
    ]);
  });

  it("keeps a choice at once, and says so", async () => {
    const { user, sent } = show();
    const choices = await planning();
    await user.click(choices.getByRole("radio", { name: "Eén keer per dag" }));
    expect(choices.getByRole("radio", { name: "Eén keer per dag" })).toBeChecked();
    expect(await screen.findByText("Bewaard")).toBeVisible();
    expect(sent).toHaveBeenCalledExactlyOnceWith([{ kind: "runs", choice: "digest" }]);
    expect(choices.getByRole("radio", { name: "Eén keer per dag" })).toBeChecked();
  });

  it("has a switch of its own for notifications, where there are any", async () => {
    const { user, sent } = show();
    const notify = await screen.findByRole("switch");
    expect(notify).toHaveAccessibleName(
      "Ook een notificatie op je toestellen: Wijzigingen in de planning",
    );
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
    await user.click(choices.getByRole("radio", { name: "Uit" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Niet bewaard.");
    expect(choices.getByRole("radio", { name: "Meteen" })).toBeChecked();
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
    await user.click(choices.getByRole("radio", { name: "Uit" }));
    await user.click(choices.getByRole("radio", { name: "Eén keer per dag" }));
    await vi.waitFor(() => expect(asked).toEqual(["off"]));
    answers[0]?.();
    await vi.waitFor(() => expect(asked).toEqual(["off", "digest"]));
    expect(choices.getByRole("radio", { name: "Eén keer per dag" })).toBeChecked();
    answers[1]?.();
    expect(await screen.findByText("Bewaard")).toBeVisible();
    expect(choices.getByRole("radio", { name: "Eén keer per dag" })).toBeChecked();
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
    expect(screen.getAllByRole("radiogroup")).toHaveLength(2);
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
