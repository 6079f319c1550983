import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { Absence, Availability as Days } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { makeRun } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { Availability } from "./availability";

const absence: Absence = {
  id: 7,
  worker: { id: 3, first_name: "Emma", last_name: "Peeters", phone: "" },
  first_day: addDays(today(), 10),
  last_day: addDays(today(), 12),
  reason: "exams",
  note: "Statistiek",
  entered_at: `${today()}T08:00:00Z`,
  entered_by: 3,
  version: 1,
};

function show({
  byOffice = false,
  days = {},
  absences = [absence],
}: {
  byOffice?: boolean;
  days?: Partial<Days>;
  absences?: Absence[];
} = {}) {
  const stored: Days = { worker_id: 3, weekdays: [1, 2], weekly_minutes: 600, version: 4, ...days };
  const sent: unknown[] = [];
  server.use(
    http.get(at("/workers/3/availability"), () => HttpResponse.json(stored)),
    http.get(at("/absences"), ({ request }) => {
      expect(new URL(request.url).searchParams.get("worker")).toBe("3");
      expect(new URL(request.url).searchParams.get("from")).toBe(today());
      return HttpResponse.json({ items: absences, next_cursor: "" });
    }),
    http.put(at("/workers/3/availability"), async ({ request }) => {
      const body = (await request.json()) as Partial<Days>;
      sent.push(body);
      return HttpResponse.json({ ...stored, ...body, version: 5 });
    }),
    http.post(at("/absences"), async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({ absence, runs: [makeRun()] });
    }),
    http.delete(at("/absences/7"), () => {
      sent.push("delete");
      return HttpResponse.json({ id: 7 });
    }),
  );
  renderPage(<Availability workerId={3} byOffice={byOffice} />);
  return { user: userEvent.setup(), sent };
}

describe("when somebody can work", () => {
  it("is said by themselves: days, not hours", async () => {
    const { user, sent } = show();
    expect(await screen.findByRole("checkbox", { name: "ma" })).toBeChecked();
    expect(screen.getByRole("checkbox", { name: "zo" })).not.toBeChecked();
    expect(screen.getByText("Afgesproken: 10 uur per week.")).toBeVisible();
    expect(screen.queryByRole("textbox")).not.toBeInTheDocument();
    const save = screen.getByRole("button", { name: "Bewaar" });
    expect(save).toBeDisabled();

    await user.click(screen.getByRole("checkbox", { name: "zo" }));
    await user.click(screen.getByRole("checkbox", { name: "ma" }));
    await user.click(save);
    expect(await screen.findByText("Bewaard")).toBeVisible();
    expect(sent).toEqual([{ weekdays: [2, 7], weekly_minutes: 600, version: 4 }]);
  });

  it("is said by the office, with the hours that were agreed", async () => {
    const { user, sent } = show({ byOffice: true, days: { weekly_minutes: 0 } });
    const hours = await screen.findByRole("textbox", { name: "Afgesproken uren per week" });
    expect(hours).toHaveValue("");
    await user.type(hours, "7.5");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    await waitFor(() =>
      expect(sent).toEqual([{ weekdays: [1, 2], weekly_minutes: 450, version: 4 }]),
    );
  });

  it("tells of a change that somebody else made meanwhile, and asks", async () => {
    const { user } = show();
    await user.click(await screen.findByRole("checkbox", { name: "zo" }));
    server.use(
      http.put(at("/workers/3/availability"), () =>
        HttpResponse.json(
          { code: "aborted", message: "No.", details: { reason: "changed_meanwhile" } },
          { status: 409 },
        ),
      ),
      http.get(at("/workers/3/availability"), () =>
        HttpResponse.json({ worker_id: 3, weekdays: [4], weekly_minutes: 600, version: 5 }),
      ),
    );
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText("do", { selector: "p" })).toBeVisible();
    expect(screen.getByRole("checkbox", { name: "zo" })).toBeChecked();
  });

  it("has no absences at first", async () => {
    show({ absences: [] });
    expect(await screen.findByText("Geen afwezigheden gepland.")).toBeVisible();
  });

  it("names the runs that stand in the way of a new absence", async () => {
    const { user, sent } = show({ absences: [] });
    await user.click(await screen.findByRole("button", { name: "Afwezigheid toevoegen" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Bewaar" }));
    expect(within(dialog).getAllByText("Kies een dag.")).toHaveLength(2);
    await user.click(within(dialog).getByRole("button", { name: /^Eerste dag/ }));
    const days = await screen.findAllByRole("button", { current: "date" }).catch(() => []);
    const day = days[0] ?? screen.getAllByRole("button", { name: /\d{4}$/ }).at(-1);
    if (day === undefined) {
      throw new Error("the calendar shows no day");
    }
    await user.click(day);
    await user.click(within(dialog).getByRole("button", { name: "Bewaar" }));
    expect(await screen.findByText(/Op deze dagen is nog een rit voor je gepland: /)).toBeVisible();
    const chosen = sent[0] as { first_day: string; last_day: string };
    expect(chosen).toMatchObject({ worker_id: 3, reason: "holiday", note: "" });
    expect(chosen.last_day).toBe(chosen.first_day);
  });

  it("is given back after a question that names the days", async () => {
    const { user, sent } = show();
    await user.click(await screen.findByRole("button", { name: /^Afwezigheid .* verwijderen$/ }));
    const dialog = await screen.findByRole("dialog");
    expect(
      within(dialog).getByText(/^Op deze dagen kunnen weer ritten worden gepland: .+\.$/),
    ).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Verwijderen" }));
    await waitFor(() => expect(sent).toEqual(["delete"]));
  });

  it("is the office's to change once an absence has begun", async () => {
    show({ absences: [{ ...absence, first_day: addDays(today(), -1) }] });
    expect(await screen.findByText(/Al begonnen/)).toBeVisible();
    expect(
      screen.queryByRole("button", { name: /^Afwezigheid .* wijzigen$/ }),
    ).not.toBeInTheDocument();
  });
});
