import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { TourDetail } from "@/shared/api/types";
import { makeBuilding, makeStop, makeTourDetail } from "@/shared/testing/data";
import { Holder } from "@/shared/testing/holder";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { StopsEditor } from "./stops-editor";

const day = "2026-11-26";

async function show(
  answer: () => Response = () => HttpResponse.json(makeTourDetail()),
  onRefresh: (store: (stored: TourDetail) => void) => void = () => undefined,
  tour: TourDetail = makeTourDetail(),
) {
  const sent = vi.fn();
  server.use(
    http.get(at("/planning/collections"), ({ request }) => {
      const asked = new URL(request.url).searchParams;
      expect([asked.get("tour"), asked.get("from"), asked.get("to")]).toEqual([
        "1",
        "2026-11-26",
        "2026-11-27",
      ]);
      return HttpResponse.json({
        buildings: [],
        collections: [
          { building_id: 100, date: day, type: "PMD", put_out: false, bring_in: true },
          { building_id: 100, date: "2026-11-27", type: "PAP", put_out: true, bring_in: true },
          // Somebody else puts these out.
          { building_id: 200, date: "2026-11-27", type: "RES", put_out: false, bring_in: true },
        ],
        more_buildings: false,
      });
    }),
    http.get(at("/waste-kinds"), () =>
      HttpResponse.json({
        items: ["PMD", "PAP", "RES"].map((code) => ({
          code,
          names: { nl: `Soort ${code}`, en: code, fr: code },
          colour: "#1f5f8b",
          icon: "recycle",
          archived: false,
          version: 1,
        })),
      }),
    ),
    http.get(at("/buildings"), () =>
      HttpResponse.json({
        items: [makeBuilding({ id: 300 }), makeBuilding({ id: 100, name: "Al halte" })],
        next_cursor: "",
      }),
    ),
    http.put(at("/tours/1/stops"), async ({ request }) => {
      sent(await request.json());
      return answer();
    }),
  );
  let store: (stored: TourDetail) => void = () => undefined;
  renderPage(
    <Holder
      initial={tour}
      onStore={(change) => {
        store = change;
      }}
    >
      {(stored, change) => (
        <StopsEditor
          tour={stored}
          day={day}
          onDay={() => undefined}
          onRefresh={() => onRefresh(change)}
        />
      )}
    </Holder>,
  );
  await screen.findByRole("list", { name: "Haltes" });
  return {
    user: userEvent.setup(),
    sent,
    changeElsewhere: (stored: TourDetail) => act(() => store(stored)),
  };
}

function addresses(): string[] {
  return within(screen.getByRole("list", { name: "Haltes" }))
    .getAllByRole("listitem")
    .map((row) => /[A-Z][a-z]+straat \d/.exec(row.textContent ?? "")?.[0] ?? "");
}

describe("the stops of a tour", () => {
  it("moves a stop, keeps the focus on it and says where it is", async () => {
    const { user, sent } = await show();
    expect(addresses()).toEqual(["Overpoortstraat 1", "Veldstraat 2"]);
    expect(screen.queryByRole("button", { name: "Bewaar haltes" })).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Veldstraat 2 naar boven" }));

    expect(addresses()).toEqual(["Veldstraat 2", "Overpoortstraat 1"]);
    expect(screen.getByText("Veldstraat 2 is nu halte 1 van 2")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Veldstraat 2 naar beneden" })).toHaveFocus();
    expect(screen.getByRole("button", { name: "Veldstraat 2 naar boven" })).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Bewaar haltes" }));
    await vi.waitFor(() =>
      expect(sent).toHaveBeenCalledWith({ building_ids: [200, 100], version: 5 }),
    );
  });

  it("adds a building that is no stop yet, and takes one off", async () => {
    const { user, sent } = await show();
    await user.click(screen.getByRole("combobox", { name: "Halte toevoegen" }));
    expect(await screen.findByRole("option", { name: /Ter Duinen/ })).toBeVisible();
    expect(screen.queryByRole("option", { name: /Al halte/ })).not.toBeInTheDocument();
    await user.click(screen.getByRole("option", { name: /Ter Duinen/ }));
    await user.click(
      screen.getByRole("button", { name: "Haal Overpoortstraat 1 bus 302 van de ronde" }),
    );
    await user.click(screen.getByRole("button", { name: "Bewaar haltes" }));

    await vi.waitFor(() =>
      expect(sent).toHaveBeenCalledWith({ building_ids: [200, 300], version: 5 }),
    );
  });

  it("marks the rows that are refused until the list is changed", async () => {
    const { user } = await show(() =>
      HttpResponse.json(
        {
          code: "invalid_argument",
          message: "No.",
          details: {
            field: "building_ids",
            reason: "archived",
            rows: [{ index: 0, reason: "elsewhere_region" }],
          },
        },
        { status: 400 },
      ),
    );
    await user.click(screen.getByRole("button", { name: "Veldstraat 2 naar boven" }));
    await user.click(screen.getByRole("button", { name: "Bewaar haltes" }));

    expect(await screen.findByRole("alert")).toHaveTextContent("Niets is bewaard");
    const [first, second] = screen.getAllByRole("listitem");
    expect(first).toHaveTextContent("Dit gebouw ligt in een andere regio.");
    expect(second).not.toHaveTextContent("andere regio");
    await user.click(screen.getByRole("button", { name: "Maak ongedaan" }));
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(addresses()).toEqual(["Overpoortstraat 1", "Veldstraat 2"]);
  });

  it("keeps the new order when the tour is renamed meanwhile", async () => {
    const { user, sent, changeElsewhere } = await show();
    await user.click(screen.getByRole("button", { name: "Veldstraat 2 naar boven" }));
    changeElsewhere(makeTourDetail({ name: "Centrum-Zuid", version: 6 }));

    expect(addresses()).toEqual(["Veldstraat 2", "Overpoortstraat 1"]);
    await user.click(screen.getByRole("button", { name: "Bewaar haltes" }));
    await vi.waitFor(() =>
      expect(sent).toHaveBeenCalledWith({ building_ids: [200, 100], version: 6 }),
    );
  });

  it("shows the order that somebody else has saved, and a way on with either", async () => {
    const theirs = makeTourDetail({ stops: makeTourDetail().stops.slice(0, 1), version: 6 });
    const { user, sent } = await show(
      () =>
        HttpResponse.json(
          { code: "aborted", message: "No.", details: { reason: "changed_meanwhile" } },
          { status: 409 },
        ),
      (store) => store(theirs),
    );
    await user.click(screen.getByRole("button", { name: "Veldstraat 2 naar boven" }));
    await user.click(screen.getByRole("button", { name: "Bewaar haltes" }));

    const other = await screen.findByRole("list", { name: "Haltes in de andere versie" });
    expect(within(other).getAllByRole("listitem")).toHaveLength(1);
    expect(addresses(), "mine is still here").toEqual(["Veldstraat 2", "Overpoortstraat 1"]);
    await user.click(screen.getByRole("button", { name: "Behoud de mijne" }));
    await user.click(screen.getByRole("button", { name: "Bewaar haltes" }));
    await vi.waitFor(() =>
      expect(sent).toHaveBeenLastCalledWith({ building_ids: [200, 100], version: 6 }),
    );
    await user.click(await screen.findByRole("button", { name: "Maak ongedaan" }));
    expect(addresses()).toEqual(["Overpoortstraat 1"]);
  });

  it("keeps the focus in the list when a stop is taken off", async () => {
    const { user } = await show();
    await user.click(
      screen.getByRole("button", { name: "Haal Overpoortstraat 1 bus 302 van de ronde" }),
    );
    expect(screen.getByRole("button", { name: "Haal Veldstraat 2 van de ronde" })).toHaveFocus();
    await user.click(screen.getByRole("button", { name: "Haal Veldstraat 2 van de ronde" }));
    expect(screen.getByRole("heading", { name: "Haltes" })).toHaveFocus();
  });

  it("shows what is collected at each stop, and which ones a day leaves out", async () => {
    await show(undefined, undefined, makeTourDetail({ hide_idle_stops: true }));
    const [first, second] = within(screen.getByRole("list", { name: "Haltes" })).getAllByRole(
      "listitem",
    );
    await waitFor(() => expect(first).toHaveTextContent("PMD"));
    expect(first).toHaveTextContent("PAP");
    expect(first).not.toHaveTextContent("valt die dag weg");
    expect(second).toHaveTextContent("RES");
    expect(second).toHaveTextContent("valt die dag weg");
    expect(screen.getByText(/1 halte zonder werk valt die dag weg/)).toBeVisible();
  });

  it("says that stops without work are visited when the tour does not leave them out", async () => {
    await show();
    expect(await screen.findByText(/1 halte zonder werk wordt toch bezocht/)).toBeVisible();
    expect(screen.queryByText("valt die dag weg")).not.toBeInTheDocument();
  });

  it("suggests an order, and takes it over only when it is accepted", async () => {
    const places = [3.7, 3.74, 3.72];
    const tour = makeTourDetail({
      stops: [1, 2, 3].map((position) => {
        const { building } = makeStop(position);
        building.address = { ...building.address, street: `Halte${position}straat` };
        building.coordinates = { latitude: 51.05, longitude: places[position - 1] ?? 0 };
        return { position, building };
      }),
    });
    const { user, sent } = await show(() => HttpResponse.json(tour), undefined, tour);
    const asked = vi.fn();
    server.use(
      http.post(at("/planning/tours/1/order"), async ({ request }) => {
        asked(await request.json());
        return HttpResponse.json({
          building_ids: [100, 300, 200],
          before_km: 4.2,
          after_km: 2.8,
          without_coordinates: [],
        });
      }),
    );
    await user.click(screen.getByRole("button", { name: "Volgorde voorstellen" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(
      await dialog.findByText("Van 4,2 naar 2,8 km in vogelvlucht: 1,4 km minder."),
    ).toBeVisible();
    expect(asked).toHaveBeenCalledWith({ building_ids: [100, 200, 300], keep_first: true });
    expect(
      within(dialog.getByRole("list", { name: "Haltes in de voorgestelde volgorde" }))
        .getAllByRole("listitem")
        .map((row) => row.textContent),
    ).toEqual([
      expect.stringMatching(/^Halte1straat 1/),
      expect.stringMatching(/^Halte3straat 3.*\(nu 3\)/),
      expect.stringMatching(/^Halte2straat 2.*\(nu 2\)/),
    ]);
    await user.click(dialog.getByRole("button", { name: "Houd de volgorde" }));
    expect(screen.queryByRole("button", { name: "Bewaar haltes" })).not.toBeInTheDocument();

    await user.click(screen.getByRole("button", { name: "Volgorde voorstellen" }));
    await user.click(await screen.findByRole("button", { name: "Neem over" }));
    await user.click(screen.getByRole("button", { name: "Bewaar haltes" }));
    expect(sent).toHaveBeenCalledWith({ building_ids: [100, 300, 200], version: 5 });
  });

  it("shows the stops as numbers on a map, from which one comes to the row", async () => {
    const tour = makeTourDetail();
    for (const [index, { building }] of tour.stops.entries()) {
      building.coordinates = { latitude: 51.05, longitude: 3.7 + index / 100 };
    }
    const { user } = await show(undefined, undefined, tour);
    await user.click(await screen.findByRole("button", { name: "2. Veldstraat 2" }));
    expect(screen.getByRole("button", { name: /^Versleep Veldstraat 2/ })).toHaveFocus();
    expect(screen.getByRole("button", { name: "2. Veldstraat 2" })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
  });
});
