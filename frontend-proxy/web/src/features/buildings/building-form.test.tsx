import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { Building } from "@/shared/api/types";
import { makeBuilding, makeUser } from "@/shared/testing/data";
import { Holder } from "@/shared/testing/holder";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { BuildingForm } from "./building-form";

async function show(
  building: Building | undefined,
  answer: () => Response,
  onRefresh: (store: (stored: Building) => void) => void = () => undefined,
) {
  const sent = vi.fn();
  const onSaved = vi.fn();
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
    http.get(at("/building-places"), () =>
      HttpResponse.json({
        regions: [],
        ids: [7, 100],
        region_ids: [1, 1],
        latitudes: [51.0573, 51.05],
        longitudes: [3.7207, 3.72],
        addresses: ["Burgstraat 14", "Overpoortstraat 47"],
        complete: true,
      }),
    ),
    http.post(at("/buildings"), take),
    http.put(at("/buildings/100"), take),
  );
  // What is stored, as the drawer around the form follows it.
  let store: (stored: Building) => void = () => undefined;
  renderPage(
    <Holder
      initial={building}
      onStore={(change) => {
        store = change;
      }}
    >
      {(stored, change) => (
        <BuildingForm
          building={stored}
          onRefresh={() => onRefresh(change)}
          onSaved={onSaved}
          onClose={() => undefined}
        />
      )}
    </Holder>,
  );
  await screen.findByRole("combobox", { name: "Syndici" });
  return {
    user: userEvent.setup(),
    sent,
    onSaved,
    changeElsewhere: (stored: Building) => act(() => store(stored)),
  };
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
    expect(screen.getByLabelText("Straat"), "the first mistake").toHaveFocus();
    expect(sent).not.toHaveBeenCalled();
  });

  it("sends what was written, with the version that it started from", async () => {
    // One of the syndics is not active any more, and stays.
    const building = makeBuilding({ syndics: [{ id: 4, name: "Nadia Claes" }] });
    const { user, sent, onSaved } = await show(building, () =>
      HttpResponse.json(makeBuilding({ version: 4 })),
    );
    await user.clear(screen.getByLabelText("Straat"));
    await user.type(screen.getByLabelText("Straat"), "Veldstraat");
    await user.click(screen.getByRole("combobox", { name: "Syndici" }));
    await user.click(await screen.findByRole("option", { name: "Marc Claeys" }));
    const tell = "Mail de syndicus als een halte hier overgeslagen of mislukt is";
    expect(screen.getByRole("switch", { name: tell })).not.toBeChecked();
    await user.click(screen.getByRole("switch", { name: tell }));
    await user.type(screen.getByLabelText("Klantnummer"), "IV-1");
    await user.type(screen.getByLabelText("Coördinaten"), "51.05, 3.72");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));

    await vi.waitFor(() => expect(onSaved).toHaveBeenCalled());
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
      syndic_ids: [4, 5],
      tell_syndic: true,
      public_photos: false,
      customer_number: "IV-1",
      coordinates: { latitude: 51.05, longitude: 3.72 },
      agreed_minutes: 12,
      version: 3,
    });
  });

  it("takes coordinates from a pin, which follows what is typed", async () => {
    const { user } = await show(makeBuilding(), () => HttpResponse.json(makeBuilding()));
    expect(await screen.findByRole("img", { name: "Burgstraat 14" })).toBeVisible();
    expect(screen.queryByRole("img", { name: /Overpoortstraat/ })).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Zet de pin hier" }));
    const field = screen.getByLabelText("Coördinaten");
    expect(field).toHaveValue("51.0573, 3.7207");
    screen.getByRole("button", { name: "Pin op 51.0573, 3.7207" }).focus();
    await user.keyboard("{ArrowRight}");
    expect(field).toHaveDisplayValue(/^51\.0573, 3\.7207\d/);
    await user.clear(field);
    await user.type(field, "51.06, 3.71");
    expect(screen.getByRole("button", { name: "Pin op 51.06, 3.71" })).toBeInTheDocument();
  });

  it("does not send coordinates that mean no place", async () => {
    const { user, sent } = await show(makeBuilding(), () => HttpResponse.json(makeBuilding()));
    await user.type(screen.getByLabelText("Coördinaten"), "Gent");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    expect(screen.getByLabelText("Coördinaten")).toBeInvalid();
    expect(sent).not.toHaveBeenCalled();
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

  it("leads to the field that is refused, where the focus was lost while sending", async () => {
    const { user } = await show(
      makeBuilding(),
      refusal("invalid_argument", { field: "address.postal_code", reason: "malformed" }),
    );
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    await vi.waitFor(() => expect(screen.getByLabelText("Postcode")).toHaveFocus());
  });

  it("shows what somebody else has saved meanwhile, and saves over it when asked to", async () => {
    const theirs = makeBuilding({ name: "Hof ter Zee", version: 4 });
    let answer = refusal("aborted", { reason: "changed_meanwhile" });
    const { user, sent, onSaved } = await show(
      makeBuilding(),
      () => answer(),
      (store) => store(theirs),
    );
    await user.clear(screen.getByLabelText("Naam"));
    await user.type(screen.getByLabelText("Naam"), "Ter Duinen II");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));

    expect(await screen.findByRole("alert")).toHaveTextContent(/Iemand anders/);
    expect(screen.getByText("Hof ter Zee")).toBeVisible();
    expect(screen.getByLabelText("Naam"), "mine is still here").toHaveValue("Ter Duinen II");
    expect(onSaved).not.toHaveBeenCalled();

    answer = () => HttpResponse.json(makeBuilding({ version: 5 }));
    await user.click(screen.getByRole("button", { name: "Behoud de mijne" }));
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    await vi.waitFor(() => expect(onSaved).toHaveBeenCalled());
    expect(sent).toHaveBeenLastCalledWith(
      expect.objectContaining({ name: "Ter Duinen II", version: 4 }),
    );
  });

  it("keeps what is typed when something else of the building changes, like its public id", async () => {
    const { user, sent, onSaved, changeElsewhere } = await show(makeBuilding(), () =>
      HttpResponse.json(makeBuilding({ version: 5 })),
    );
    await user.clear(screen.getByLabelText("Naam"));
    await user.type(screen.getByLabelText("Naam"), "Ter Duinen II");
    changeElsewhere(
      makeBuilding({ public_id: "3e0a2f3d-0000-4000-8000-000000000000", version: 4 }),
    );

    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(screen.getByLabelText("Naam")).toHaveValue("Ter Duinen II");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    await vi.waitFor(() => expect(onSaved).toHaveBeenCalled());
    expect(sent).toHaveBeenCalledWith(
      expect.objectContaining({ name: "Ter Duinen II", version: 4 }),
    );
  });

  it("follows a colleague's change as long as nothing is typed", async () => {
    const { changeElsewhere } = await show(makeBuilding(), () => HttpResponse.json({}));
    changeElsewhere(makeBuilding({ name: "Hof ter Zee", version: 4 }));
    expect(screen.getByLabelText("Naam")).toHaveValue("Hof ter Zee");
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });
});
