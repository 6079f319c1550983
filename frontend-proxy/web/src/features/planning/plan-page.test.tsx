import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { today } from "@/shared/dates";
import { makeRunDetail, makeTour, makeUser } from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { PlanPage } from "./plan-page";

async function show(answer: (sent: { request: Request }) => Response | Promise<Response>) {
  const asked = vi.fn();
  server.use(
    http.get(at("/tours"), () => HttpResponse.json({ items: [makeTour()], next_cursor: "" })),
    http.get(at("/users"), ({ request }) => {
      asked(new URL(request.url).searchParams.get("region"));
      return HttpResponse.json({
        items: [
          makeUser(),
          makeUser({ id: 5, first_name: "Marc", last_name: "Claeys", role: "syndic" }),
        ],
        next_cursor: "",
      });
    }),
    http.get(at("/runs"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.post(at("/runs"), answer),
  );
  const { live, socket } = makeTestLive();
  renderPage(<PlanPage initialDate={undefined} />, { live });
  const user = userEvent.setup();
  await user.click(await screen.findByRole("combobox", { name: "Ronde" }));
  await user.click(await screen.findByRole("option", { name: "Centrum-Noord" }));
  return { user, asked, socket };
}

const refusal = (field: string, reason: string) => () =>
  HttpResponse.json(
    { code: "failed_precondition", message: "No.", details: { field, reason } },
    { status: 400 },
  );

async function plan(user: ReturnType<typeof userEvent.setup>) {
  await user.click(screen.getByRole("combobox", { name: "Student" }));
  await user.click(await screen.findByRole("option", { name: "Lotte De Smet" }));
  await user.click(screen.getByRole("button", { name: "Plan rit" }));
}

describe("planning a run", () => {
  it("offers the workers of the tour's region, and no syndics", async () => {
    const { user, asked } = await show(() => HttpResponse.json(makeRunDetail()));
    await user.click(screen.getByRole("combobox", { name: "Student" }));
    await screen.findByRole("option", { name: "Lotte De Smet" });

    expect(screen.queryByRole("option", { name: "Marc Claeys" })).not.toBeInTheDocument();
    expect(asked).toHaveBeenCalledWith("1");
  });

  it("asks for what is missing before it sends", async () => {
    const answer = vi.fn(() => HttpResponse.json(makeRunDetail()));
    const { user } = await show(answer);
    await user.click(screen.getByRole("button", { name: "Plan rit" }));

    expect(await screen.findByRole("combobox", { name: "Student" })).toBeInvalid();
    expect(answer).not.toHaveBeenCalled();
  });

  it.each([
    ["absent", "Deze persoon is die dag afwezig."],
    ["other_weekdays", "Deze persoon werkt niet op die weekdag."],
  ])(
    "asks the office to insist on somebody who is not available (%s)",
    async (reason, sentence) => {
      const sent: unknown[] = [];
      const { user } = await show(async ({ request }) => {
        const body = await request.json();
        sent.push(body);
        return (body as { despite_absence?: boolean }).despite_absence === true
          ? HttpResponse.json(makeRunDetail())
          : refusal("worker_id", reason)();
      });
      await plan(user);

      expect(await screen.findByText(sentence)).toBeVisible();
      await user.click(screen.getByRole("checkbox", { name: "Toch plannen" }));
      await user.click(screen.getByRole("button", { name: "Plan rit" }));
      expect(await screen.findByText(/^Gepland: /)).toBeVisible();
      expect(sent).toEqual([
        { tour_id: 1, worker_id: 3, date: today() },
        { tour_id: 1, worker_id: 3, date: today(), despite_absence: true },
      ]);
      expect(screen.queryByRole("checkbox")).not.toBeInTheDocument();
    },
  );

  it.each([
    ["worker_id", "already_planned", "Student", "Deze student heeft deze ronde al op die dag."],
    ["tour_id", "no_stops", "Ronde", "Deze ronde heeft nog geen haltes."],
  ])("shows a refusal of %s (%s) at its field", async (field, reason, label, sentence) => {
    const { user } = await show(refusal(field, reason));
    await plan(user);

    expect(await screen.findByText(sentence)).toBeVisible();
    const input = screen.getByRole("combobox", { name: label });
    expect(input).toBeInvalid();
    expect(input).toHaveAccessibleDescription(expect.stringContaining(sentence));
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("shows a refusal of the date at the date", async () => {
    const { user } = await show(refusal("date", "in_past"));
    await plan(user);
    expect(await screen.findByText("Deze dag is voorbij. Kies vandaag of later.")).toBeVisible();
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("shows any other failure above the form", async () => {
    const { user } = await show(() =>
      HttpResponse.json({ code: "unavailable", message: "", details: null }, { status: 503 }),
    );
    await plan(user);
    expect(await screen.findByRole("alert")).toHaveTextContent(
      "Trottoir is even niet bereikbaar. Probeer zo meteen opnieuw.",
    );
  });

  it("says what it planned and shows the day", async () => {
    const { user } = await show(() => HttpResponse.json(makeRunDetail({ date: today() })));
    await plan(user);
    expect(await screen.findByText("Gepland: Centrum-Noord, Lotte De Smet, vandaag")).toBeVisible();
    expect(
      within(screen.getByRole("region", { name: "Al gepland voor vandaag" })).getByText(
        /Nog niets gepland/,
      ),
    ).toBeVisible();
  });

  it("shows what another window plans", async () => {
    const { user, socket } = await show(() => HttpResponse.json(makeRunDetail()));
    socket.opens();
    await user.tab();
    server.use(
      http.get(at("/runs"), () => HttpResponse.json({ items: [makeRunDetail()], next_cursor: "" })),
    );
    socket.receives({ op: "event", channel: "runs", id: "1-0", type: "run.planned", data: {} });
    const day = await screen.findByRole("region", { name: "Al gepland voor vandaag" });
    expect(await within(day).findByText("Lotte De Smet")).toBeVisible();
  });

  it("takes the only match with Enter", async () => {
    const { user } = await show(() => HttpResponse.json(makeRunDetail()));
    const worker = screen.getByRole("combobox", { name: "Student" });
    await user.click(worker);
    await screen.findByRole("option", { name: "Lotte De Smet" });
    await user.type(worker, "lott{Enter}");
    expect(worker).toHaveValue("Lotte De Smet");
  });
});
