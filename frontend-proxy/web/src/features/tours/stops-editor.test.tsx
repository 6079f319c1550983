import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { TourDetail } from "@/shared/api/types";
import { makeBuilding, makeTourDetail } from "@/shared/testing/data";
import { Holder } from "@/shared/testing/holder";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { StopsEditor } from "./stops-editor";

async function show(
  answer: () => Response = () => HttpResponse.json(makeTourDetail()),
  onRefresh: (store: (stored: TourDetail) => void) => void = () => undefined,
) {
  const sent = vi.fn();
  server.use(
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
      initial={makeTourDetail()}
      onStore={(change) => {
        store = change;
      }}
    >
      {(stored, change) => <StopsEditor tour={stored} onRefresh={() => onRefresh(change)} />}
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
});
