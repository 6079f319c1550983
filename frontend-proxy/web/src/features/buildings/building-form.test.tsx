import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { Building } from "@/shared/api/types";
import { makeBuilding, makeUser } from "@/shared/testing/data";
import { renderPage } from "@/shared/testing/render";
import { at, server } from "@/shared/testing/server";
import { BuildingForm } from "./building-form";

async function show(building: Building | undefined, answer: () => Response) {
  const sent = vi.fn();
  const onDone = vi.fn();
  const take = async ({ request }: { request: Request }) => {
    sent(await request.json());
    return answer();
  };
  server.use(
    http.get(at("/regions"), () =>
      HttpResponse.json({ items: [{ id: 1, name: "Gent Centrum" }], next_cursor: "" }),
    ),
    http.get(at("/users"), () =>
      HttpResponse.json({
        items: [makeUser({ id: 5, first_name: "Marc", last_name: "Claeys", role: "syndic" })],
        next_cursor: "",
      }),
    ),
    http.post(at("/buildings"), take),
    http.put(at("/buildings/100"), take),
  );
  renderPage(<BuildingForm building={building} onDone={onDone} />);
  await screen.findByRole("combobox", { name: "Syndicus" });
  return { user: userEvent.setup(), sent, onDone };
}

const refusal = (code: string, details: object) => () =>
  HttpResponse.json({ code, message: "No.", details }, { status: 409 });

describe("the form of a building", () => {
  it("asks for what is missing before it sends", async () => {
    const { user, sent } = await show(undefined, () => HttpResponse.json(makeBuilding()));
    await user.click(screen.getByRole("button", { name: "Voeg toe" }));

    expect(screen.getByLabelText("Straat")).toBeInvalid();
    expect(screen.getByLabelText("Huisnummer")).toBeInvalid();
    expect(screen.getByRole("combobox", { name: "Regio" })).toBeInvalid();
    expect(screen.getByText("Vul de gemeente in")).toBeVisible();
    expect(sent).not.toHaveBeenCalled();
  });

  it("sends what was written, with the version that it started from", async () => {
    const { user, sent, onDone } = await show(makeBuilding(), () =>
      HttpResponse.json(makeBuilding({ version: 4 })),
    );
    await user.clear(screen.getByLabelText("Straat"));
    await user.type(screen.getByLabelText("Straat"), "Veldstraat");
    await user.click(screen.getByRole("combobox", { name: "Syndicus" }));
    await user.click(await screen.findByRole("option", { name: "Marc Claeys" }));
    await user.click(screen.getByRole("button", { name: "Bewaar" }));

    await vi.waitFor(() => expect(onDone).toHaveBeenCalled());
    expect(sent).toHaveBeenCalledWith({
      region_id: 1,
      name: "Ter Duinen",
      address: {
        street: "Veldstraat",
        house_number: "47",
        bus: "",
        postal_code: "9000",
        city: "Gent",
      },
      syndic_id: 5,
      agreed_minutes: 12,
      version: 3,
    });
  });

  it("shows an address that is taken at the street", async () => {
    const { user } = await show(
      makeBuilding(),
      refusal("already_exists", { field: "address.street", reason: "address_taken" }),
    );
    await user.click(screen.getByRole("button", { name: "Bewaar" }));

    expect(await screen.findByText("Er is al een gebouw op dit adres.")).toBeVisible();
    expect(screen.getByLabelText("Straat")).toBeInvalid();
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("says so when somebody else was faster, and offers the present state", async () => {
    const { user, onDone } = await show(
      makeBuilding(),
      refusal("aborted", { reason: "changed_meanwhile" }),
    );
    await user.click(screen.getByRole("button", { name: "Bewaar" }));

    expect(within(await screen.findByRole("alert")).getByText(/Iemand anders/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Ververs" })).toBeVisible();
    expect(onDone).not.toHaveBeenCalled();
  });
});
