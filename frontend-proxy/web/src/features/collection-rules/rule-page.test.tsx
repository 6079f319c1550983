import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CollectionRule, CollectionRuleParams } from "@/shared/api/types";
import { makeCollectionRule, makeWasteKind } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { RulePage } from "./rule-page";

const none = { created: 0, changed: 0, removed: 0, skipped_count: 0, skipped: [] };
const asked: CollectionRuleParams[] = [];

beforeEach(() => {
  asked.length = 0;
  server.use(
    http.get(at("/waste-kinds"), () => HttpResponse.json({ items: [makeWasteKind()] })),
    http.get(at("/regions"), () =>
      HttpResponse.json({ items: [{ id: 1, name: "Gent Centrum" }], next_cursor: "" }),
    ),
    http.get(at("/tours"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/collection-rules/5/generation"), () =>
      HttpResponse.json({
        ...none,
        generated_at: "2026-11-26T01:15:00Z",
        created: 3,
        skipped_count: 1,
        skipped: [{ date: "2026-12-25", building: null, reason: "holiday" }],
      }),
    ),
    http.post(at("/planning/collection-rules/preview"), async ({ request }) => {
      const params = (await request.json()) as CollectionRuleParams;
      asked.push(params);
      const moved = params.exceptions.find(({ date }) => date === "2030-12-03");
      return HttpResponse.json({
        building_count: 12,
        dates: [
          {
            date: moved?.moved_to || "2030-12-03",
            rule_date: "2030-12-03",
            skipped: moved?.kind === "skip" ? "skipped" : "",
            holiday: "",
          },
          { date: "2030-12-26", rule_date: "2030-12-25", skipped: "", holiday: "christmas" },
          { date: "2031-01-01", rule_date: "2031-01-01", skipped: "holiday", holiday: "new_year" },
        ],
      });
    }),
  );
});

function show(rule: CollectionRule) {
  const stored = { rule };
  server.use(http.get(at("/collection-rules/5"), () => HttpResponse.json(stored.rule)));
  renderPage(<RulePage id={5} onMade={vi.fn()} onClose={vi.fn()} />);
  return { user: userEvent.setup(), stored };
}

describe("a collection rule", () => {
  it("is made by people who know no RRULE, and shows its dates before", async () => {
    const user = userEvent.setup();
    const made = vi.fn();
    const sent = vi.fn();
    server.use(
      http.post(at("/collection-rules"), async ({ request }) => {
        sent(await request.json());
        return HttpResponse.json({ rule: makeCollectionRule(), generation: none });
      }),
    );
    renderPage(<RulePage id="new" onMade={made} onClose={vi.fn()} />);
    await user.click(await screen.findByRole("button", { name: "Maak de regel" }));
    expect(screen.getByText("Kies een soort afval")).toBeVisible();
    expect(screen.getByText("Kies een dag van de week")).toBeVisible();
    await user.click(screen.getByRole("combobox", { name: "Soort afval" }));
    await user.click(await screen.findByRole("option", { name: "PMD" }));
    await user.click(screen.getByRole("combobox", { name: /^Regio/ }));
    await user.click(await screen.findByRole("option", { name: "Gent Centrum" }));
    await user.click(screen.getByRole("combobox", { name: "Hoe vaak" }));
    await user.click(await screen.findByRole("option", { name: "Even weken" }));
    await user.click(screen.getByRole("checkbox", { name: "dinsdag" }));
    expect(screen.getByText(/^Elke 2 weken op dinsdag, even weken/)).toBeVisible();
    expect(await screen.findByText("Voor 12 gebouwen nu.")).toBeVisible();
    expect(screen.getByText(/In plaats van wo 25 dec 2030, Kerstmis/)).toBeVisible();
    expect(screen.getByText("Valt weg: Nieuwjaar")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Maak de regel" }));
    await waitFor(() => expect(made).toHaveBeenCalledWith(5));
    expect(sent.mock.calls[0]?.[0]).toMatchObject({
      type: "PMD",
      region_id: 1,
      tour_id: null,
      building_ids: [],
      rrule: expect.stringMatching(/^FREQ=YEARLY;BYWEEKNO=2,4,.*52;BYDAY=TU$/),
      on_holidays: "next_working_day",
    });
  });

  it("moves one date and takes that back", async () => {
    const { user } = show(makeCollectionRule({ start_date: "2030-12-01" }));
    await user.click(await screen.findByRole("button", { name: "Verplaats di 3 dec 2030" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: /^Naar/ }));
    await user.click(await screen.findByRole("button", { name: "woensdag 4 december 2030" }));
    await user.click(within(dialog).getByRole("button", { name: "Verplaats" }));
    expect(await screen.findByText("In plaats van di 3 dec 2030")).toBeVisible();
    expect(screen.getByText("Nog niet bewaard")).toBeVisible();
    expect(asked.at(-1)?.exceptions).toEqual([
      { date: "2030-12-03", kind: "move", moved_to: "2030-12-04" },
    ]);
    await user.click(screen.getByRole("button", { name: "Herstel di 3 dec 2030" }));
    expect(await screen.findByRole("button", { name: "Verplaats di 3 dec 2030" })).toBeVisible();
    expect(screen.queryByText("Nog niet bewaard")).not.toBeInTheDocument();
  });

  it("changes what was made of a date without going back to the rule first, by keys too", async () => {
    const moved = { date: "2030-12-03", kind: "move", moved_to: "2030-12-04" };
    const { user } = show(makeCollectionRule({ start_date: "2030-12-01", exceptions: [moved] }));
    await user.click(await screen.findByRole("button", { name: "Verplaats wo 4 dec 2030" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: /^Naar/ }));
    await user.click(await screen.findByRole("button", { name: "donderdag 5 december 2030" }));
    await user.click(within(dialog).getByRole("button", { name: "Verplaats" }));
    const skip = await screen.findByRole("button", { name: "Sla over: do 5 dec 2030" });
    expect(asked.at(-1)?.exceptions).toEqual([{ ...moved, moved_to: "2030-12-05" }]);
    skip.focus();
    await user.keyboard("{Enter}");
    expect(await screen.findByRole("button", { name: "Herstel di 3 dec 2030" })).toBeVisible();
    const back = await screen.findByRole(
      "button",
      { name: "Verplaats di 3 dec 2030" },
      { timeout: 5_000 },
    );
    expect(back).toBeVisible();
    expect(
      screen.queryByRole("button", { name: "Sla over: di 3 dec 2030" }),
    ).not.toBeInTheDocument();
    expect(asked.at(-1)?.exceptions).toEqual([{ date: "2030-12-03", kind: "skip", moved_to: "" }]);
  });

  it("keeps what is typed when somebody else was faster, and saves it when one wants that", async () => {
    const { user, stored } = show(makeCollectionRule());
    const sent: CollectionRuleParams[] = [];
    server.use(
      http.put(at("/collection-rules/5"), async ({ request }) => {
        const params = (await request.json()) as CollectionRuleParams;
        sent.push(params);
        if (params.version === 1) {
          stored.rule = makeCollectionRule({ rrule: "FREQ=WEEKLY;BYDAY=FR", version: 2 });
          return HttpResponse.json(
            { code: "aborted", message: "No.", details: { reason: "changed_meanwhile" } },
            { status: 409 },
          );
        }
        stored.rule = makeCollectionRule({ note: params.note, version: 3 });
        return HttpResponse.json({ rule: stored.rule, generation: { ...none, changed: 4 } });
      }),
    );
    await user.type(await screen.findByRole("textbox", { name: "Notitie" }), "Gele zakken");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText(/Elke week op vrijdag/)).toBeVisible();
    expect(screen.getByRole("textbox", { name: "Notitie" })).toHaveValue("Gele zakken");
    await user.click(screen.getByRole("button", { name: /mijn|eigen/i }));
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText(/De regel is bewaard/)).toHaveTextContent("4 aangepast.");
    expect(sent.map(({ version, rrule }) => [version, rrule])).toEqual([
      [1, "FREQ=WEEKLY;BYDAY=TU"],
      [2, "FREQ=WEEKLY;BYDAY=TU"],
    ]);
  });

  it("comes back after it was archived", async () => {
    const { user, stored } = show(makeCollectionRule());
    const answer = (archived: boolean) => () => {
      stored.rule = makeCollectionRule({ archived });
      return HttpResponse.json({
        rule: stored.rule,
        generation: { ...none, ...(archived ? { removed: 9 } : { created: 9 }) },
      });
    };
    server.use(
      http.delete(at("/collection-rules/5"), answer(true)),
      http.post(at("/collection-rules/5/unarchive"), answer(false)),
    );
    await user.click(await screen.findByRole("button", { name: "Archiveer" }));
    expect(await screen.findByText(/9 weggehaald/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Ongedaan maken" }));
    expect(await screen.findByText(/9 ophalingen gemaakt/)).toBeVisible();
  });

  it("leaves a pattern alone that only experts can read", async () => {
    const { user } = show(
      makeCollectionRule({ rrule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1" }),
    );
    expect(await screen.findByRole("textbox", { name: "RRULE" })).toHaveValue(
      "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
    );
    await user.click(await screen.findByText("Wat niet gemaakt is, en waarom"));
    expect(screen.getByText("Valt weg: feestdag")).toBeVisible();
  });
});
