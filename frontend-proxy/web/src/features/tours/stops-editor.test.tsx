import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import { makeBuilding, makeTourDetail } from "@/shared/testing/data";
import { renderPage } from "@/shared/testing/render";
import { at, server } from "@/shared/testing/server";
import { StopsEditor } from "./stops-editor";

async function show(answer: () => Response = () => HttpResponse.json(makeTourDetail())) {
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
  renderPage(<StopsEditor tour={makeTourDetail()} />);
  await screen.findByRole("list", { name: "Haltes" });
  return { user: userEvent.setup(), sent };
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
});
