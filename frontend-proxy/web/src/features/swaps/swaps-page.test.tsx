import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { Swap } from "@/shared/api/types";
import { makeSwap } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { SwapsPage } from "./swaps-page";

const lotte = { id: 3, first_name: "Lotte", last_name: "De Smet" };
const lucas = { id: 4, first_name: "Lucas", last_name: "Claes" };

function show(live: Swap[], ended: Swap[] = []) {
  server.use(
    http.get(at("/swaps"), ({ request }) =>
      HttpResponse.json({
        items: new URL(request.url).searchParams.get("state") === "ended" ? ended : live,
        next_cursor: "",
      }),
    ),
  );
  renderPage(<SwapsPage />);
  return userEvent.setup();
}

function answer(path: string, sent: unknown[], refuse?: { code: string; reason: string }) {
  server.use(
    http.post(at(path), async ({ request }) => {
      sent.push(await request.json());
      return refuse !== undefined && sent.length === 1
        ? HttpResponse.json(
            { code: refuse.code, message: "No.", details: { reason: refuse.reason } },
            { status: 400 },
          )
        : HttpResponse.json(makeSwap({ state: "approved" }));
    }),
  );
}

describe("the office's swaps", () => {
  it("wants decisions first, and approves who has taken the run", async () => {
    const taken = makeSwap({ state: "taken", asked_by: lotte, taken_by: lucas });
    const user = show([taken, makeSwap({ id: "b", asked_by: lotte })]);
    const decide = await screen.findByRole("region", { name: "Te beslissen" });
    expect(within(decide).getByText("Lucas Claes in plaats van Lotte De Smet")).toBeVisible();
    const waiting = screen.getByRole("region", { name: "Nog niemand gevonden" });
    expect(within(waiting).queryByRole("button", { name: /^Keur goed/ })).not.toBeInTheDocument();
    const sent: unknown[] = [];
    answer(`/swaps/${taken.id}/approve`, sent);
    await user.click(within(decide).getByRole("button", { name: /^Keur goed/ }));
    await waitFor(() => expect(sent).toEqual([{ taken_by: 4, despite_absence: false }]));
  });

  it("insists when the worker is absent, also when that was entered a moment ago", async () => {
    const taken = makeSwap({ state: "taken", asked_by: lotte, taken_by: lucas });
    const user = show([taken]);
    const sent: unknown[] = [];
    answer(`/swaps/${taken.id}/approve`, sent, { code: "failed_precondition", reason: "absent" });
    await user.click(await screen.findByRole("button", { name: /^Keur goed/ }));
    const dialog = await screen.findByRole("dialog", { name: "Toch goedkeuren?" });
    await user.click(within(dialog).getByRole("button", { name: "Toch goedkeuren" }));
    await waitFor(() =>
      expect(sent).toEqual([
        { taken_by: 4, despite_absence: false },
        { taken_by: 4, despite_absence: true },
      ]),
    );
  });

  it("asks at once when the warnings say so", async () => {
    const user = show([
      makeSwap({ state: "taken", asked_by: lotte, taken_by: lucas, warnings: ["other_weekdays"] }),
    ]);
    await user.click(await screen.findByRole("button", { name: /^Keur goed/ }));
    expect(await screen.findByRole("dialog")).toHaveTextContent("geen werkdag");
  });

  it("refuses with a reason", async () => {
    const swap = makeSwap({ asked_by: lotte });
    const user = show([swap]);
    const sent: unknown[] = [];
    answer(`/swaps/${swap.id}/refuse`, sent);
    await user.click(await screen.findByRole("button", { name: /^Weiger/ }));
    const dialog = await screen.findByRole("dialog", { name: "Ruil weigeren" });
    await user.click(within(dialog).getByRole("button", { name: "Weiger" }));
    expect(within(dialog).getByText("Geef een reden")).toBeVisible();
    await user.type(within(dialog).getByLabelText("Reden"), "Te laat");
    await user.click(within(dialog).getByRole("button", { name: "Weiger" }));
    await waitFor(() => expect(sent).toEqual([{ reason: "Te laat" }]));
  });

  it("says what became of those that have ended", async () => {
    show(
      [],
      [
        makeSwap({
          state: "refused",
          asked_by: lotte,
          reason: "Te laat",
          decided_by: { id: 2, first_name: "Ruben", last_name: "Maes" },
          ended_at: "2026-11-24T17:00:00Z",
        }),
      ],
    );
    expect(await screen.findByText("Geweigerd: Te laat (door Ruben Maes)")).toBeVisible();
    expect(screen.getByText("Er is niets te beslissen.")).toBeVisible();
  });
});
