import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, it } from "vitest";
import type { TourDetail } from "@/shared/api/types";
import { makeTourDetail, makeUser } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { TourRhythm } from "./tour-rhythm";

const lotte = makeUser();
const noor = makeUser({ id: 4, first_name: "Noor", last_name: "Claes" });

beforeEach(() => {
  server.use(
    http.get(at("/users"), () => HttpResponse.json({ items: [lotte, noor], next_cursor: "" })),
  );
});

/** Keeps what is sent, and answers with it. */
function sent(tour: TourDetail) {
  const bodies: unknown[] = [];
  server.use(
    http.put(at("/tours/1/rhythm"), async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json({ ...tour, version: tour.version + 1 });
    }),
  );
  return bodies;
}

it("gives a tour a rhythm and those who usually walk it, in their order", async () => {
  const tour = makeTourDetail();
  const bodies = sent(tour);
  renderPage(<TourRhythm tour={tour} />);
  expect(await screen.findByText(/Deze ronde heeft geen ritme/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Geef een ritme" }));
  const dialog = within(await screen.findByRole("dialog", { name: /^Ritme van/ }));
  await userEvent.click(dialog.getByRole("button", { name: "Bewaar" }));
  expect(dialog.getByText("Kies een dag van de week")).toBeVisible();
  await userEvent.click(dialog.getByRole("checkbox", { name: "maandag" }));
  await userEvent.click(dialog.getByRole("checkbox", { name: "donderdag" }));
  for (const name of ["Lotte", "Noor"]) {
    await userEvent.click(dialog.getByRole("combobox", { name: "Medewerker toevoegen" }));
    await userEvent.click(await screen.findByRole("option", { name: new RegExp(name) }));
  }
  await userEvent.click(dialog.getByRole("button", { name: /^Noor .* naar boven$/ }));
  await userEvent.click(dialog.getByRole("button", { name: "Bewaar" }));
  expect(await screen.findByText("Het ritme is bewaard.")).toBeVisible();
  expect(bodies).toEqual([
    expect.objectContaining({
      rrule: "FREQ=WEEKLY;BYDAY=MO,TH",
      usual_walker_ids: [noor.id, lotte.id],
      version: tour.version,
    }),
  ]);
});

it("says what the rhythm means, takes it away, and marks whom the server refuses", async () => {
  const tour = makeTourDetail({
    rhythm: {
      rrule: "FREQ=WEEKLY;BYDAY=MO",
      start_date: "2026-11-02",
      held_from: "2026-12-21",
      held_until: "2027-01-03",
      next_date: "2026-11-30",
    },
    usual_walkers: [lotte],
  });
  renderPage(<TourRhythm tour={tour} />);
  expect(await screen.findByText(/maandag.*onderbroken/i)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Wijzig het ritme" }));
  const dialog = within(await screen.findByRole("dialog"));
  server.use(
    http.put(at("/tours/1/rhythm"), () =>
      HttpResponse.json(
        {
          code: "invalid_argument",
          message: "no",
          details: {
            field: "usual_walker_ids",
            reason: "inactive",
            rows: [{ index: 0, reason: "inactive" }],
          },
        },
        { status: 400 },
      ),
    ),
  );
  await userEvent.click(dialog.getByRole("button", { name: "Bewaar" }));
  expect(await dialog.findByText(/^Niet bewaard: Lotte/)).toBeVisible();
  const bodies = sent(tour);
  await userEvent.click(dialog.getByRole("button", { name: /^Verwijder Lotte/ }));
  await userEvent.click(dialog.getByRole("switch", { name: /^Deze ronde heeft een ritme/ }));
  await userEvent.click(dialog.getByRole("button", { name: "Bewaar" }));
  expect(await screen.findByText("Het ritme is bewaard.")).toBeVisible();
  expect(bodies).toEqual([
    {
      rrule: "",
      start_date: "",
      held_from: "",
      held_until: "",
      usual_walker_ids: [],
      version: tour.version,
    },
  ]);
});
