import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import type { TourVersion } from "@/shared/api/types";
import { makeTourDetail } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { TourVersions } from "./tour-versions";

const building = (id: number, street: string) => ({
  id,
  name: "",
  address: { street, house_number: "1", bus: "", postal_code: "9000", city: "Gent" },
});

function version(number: number, changes: Partial<TourVersion> = {}): TourVersion {
  return {
    number,
    cause: "stops_changed",
    restored_from: 0,
    changed_at: "2026-11-24T17:00:00Z",
    changed_by: { id: 2, name: "Kato Maes" },
    stop_count: 2,
    hide_idle_stops: false,
    idle_stops_changed: false,
    changes: [],
    ...changes,
  };
}

it("says what changed between versions, and brings one back without what is archived", async () => {
  const asked: unknown[] = [];
  server.use(
    http.get(at("/tours/1/versions"), () =>
      HttpResponse.json({
        items: [
          version(3, { cause: "tour_changed", hide_idle_stops: true, idle_stops_changed: true }),
          version(2, {
            changes: [
              { kind: "removed", building: building(1, "Burgstraat"), position: 0, before: 1 },
              { kind: "added", building: building(2, "Lievestraat"), position: 1, before: 0 },
              { kind: "moved", building: building(3, "Prinsenhof"), position: 2, before: 3 },
            ],
          }),
          version(1, { cause: "kept", changed_by: null }),
        ],
        next_cursor: "",
      }),
    ),
    http.post(at("/tours/1/versions/1/restore"), async ({ request }) => {
      asked.push(await request.json());
      return HttpResponse.json({ left_out: [building(1, "Burgstraat")] });
    }),
  );
  renderPage(<TourVersions tour={makeTourDetail({ version: 7 })} />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Toon versies" }));

  const list = await screen.findByRole("list", { name: "Versies van de haltes" });
  const changes = within(within(list).getByRole("list", { name: "Gewijzigde haltes" }));
  const [removed, added, moved] = changes.getAllByRole("listitem");
  expect(removed).toHaveTextContent("Burgstraat 1 weggehaald, was plaats 1");
  expect(added).toHaveTextContent("Lievestraat 1 toegevoegd op plaats 1");
  expect(moved).toHaveTextContent("Prinsenhof 1 van plaats 3 naar 2");
  expect(within(list).getAllByText(/Kato Maes/)).toHaveLength(2);
  expect(
    within(list).getAllByText("Haltes zonder werk op een dag vallen voortaan weg."),
  ).toHaveLength(1);
  expect(screen.queryByRole("button", { name: "Zet terug: versie 3" })).toBeNull();

  await user.click(within(list).getByRole("button", { name: "Zet terug: versie 1" }));
  await user.click(await screen.findByRole("button", { name: "Zet versie 1 terug" }));
  expect(await screen.findByText(/teruggezet, zonder Burgstraat 1:/)).toBeVisible();
  expect(asked).toEqual([{ version: 7 }]);
});
