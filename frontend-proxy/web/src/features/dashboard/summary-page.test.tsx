import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import type { DaySummary } from "@/shared/api/types";
import { today } from "@/shared/dates";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import type { SummarySending } from "./queries";
import { SummaryPage } from "./summary-page";

const summary: DaySummary = {
  date: today(),
  region: null,
  counts: {
    planned: 1,
    started: 0,
    completed: 2,
    cancelled: 0,
    late: 1,
    worked_minutes: 95,
    agreed_minutes: 80,
    stops: 12,
    stops_done: 9,
    stops_skipped: 3,
    stops_failed: 0,
    remarks: 0,
    incidents: 0,
  },
  runs: [],
  stops_not_done: [
    {
      run_id: 12,
      tour_name: "Centrum",
      building: {
        id: 100,
        name: "",
        address: { street: "Kaai", house_number: "1", bus: "", postal_code: "9000", city: "Gent" },
      },
      outcome: "skipped",
      reason: "Straat open",
      at: `${today()}T09:30:00Z`,
    },
  ],
  remarks: [],
  incidents: [],
};

beforeEach(() => {
  server.use(
    http.get(at("/regions"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/users"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/mail/status"), () =>
      HttpResponse.json({ configured: true, waiting_since: null }),
    ),
    http.get(at("/dashboard/summary"), () => HttpResponse.json({ ...summary, runs: [{ ...run }] })),
  );
});

const run = {
  id: 12,
  tour: { id: 1, name: "Centrum" },
  region: { id: 1, name: "Gent" },
  worker: { id: 3, first_name: "Lotte", last_name: "De Smet", phone: "" },
  status: "completed",
  started_at: `${today()}T08:00:00Z`,
  completed_at: `${today()}T09:35:00Z`,
  worked_minutes: 95,
  agreed_minutes: 80,
  stops: 12,
  stops_done: 9,
  stops_skipped: 3,
  stops_failed: 0,
  remarks: 0,
  cancel_reason: "",
  late_minutes: 15,
  late_since: null,
  late_reason: "took_longer",
};

const show = () =>
  renderPage(<SummaryPage date={today()} region={undefined} onRegion={() => undefined} />);

describe("the summary of a day", () => {
  it("has the figures, the runs and what was not done", async () => {
    show();
    const table = await screen.findByRole("table");
    expect(within(table).getByText(/15 min langer dan afgesproken/)).toBeVisible();
    expect(within(table).getByText("1 u 35")).toBeVisible();
    expect(screen.getByText("Ritten klaar").nextSibling).toHaveTextContent("2 / 3");
    expect(screen.getByText("overgeslagen: Straat open")).toBeVisible();
    expect(screen.getByText("en nog 2")).toBeVisible();
  });

  it("is sent once for what is sent, however often it is tried", async () => {
    const user = userEvent.setup();
    const sent: SummarySending[] = [];
    let broken = true;
    server.use(
      http.post(at("/mail/day-summaries"), async ({ request }) => {
        sent.push((await request.json()) as SummarySending);
        return broken
          ? HttpResponse.json({ code: "internal", message: "", details: null }, { status: 500 })
          : HttpResponse.json({ items: [{}] });
      }),
    );
    show();
    await user.click(await screen.findByRole("button", { name: "Versturen" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Samenvatting versturen" }));
    expect(dialog.queryByRole("alert")).toBeNull();
    await user.click(dialog.getByRole("button", { name: "Versturen" }));
    expect(dialog.getByText("Kies wie de samenvatting krijgt.")).toBeVisible();
    await user.type(dialog.getByLabelText("Andere adressen"), "raad@example.org");
    await user.click(dialog.getByRole("button", { name: "Versturen" }));
    expect(await dialog.findByRole("alert")).toBeVisible();
    broken = false;
    await user.click(dialog.getByRole("button", { name: "Versturen" }));
    expect(await screen.findByText(/Ze gaat naar 1 ontvanger/)).toBeVisible();
    expect(sent).toHaveLength(2);
    expect(sent[0]?.addresses).toEqual(["raad@example.org"]);
    expect(sent[1]).toEqual(sent[0]);
  });
});
