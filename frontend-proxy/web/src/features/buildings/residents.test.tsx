import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { makeBuilding } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { RenameDialog } from "./rename-dialog";
import { Residents } from "./residents";

describe("what residents see of a building", () => {
  it("is one click away, as is the poster", async () => {
    const building = makeBuilding({ public_id: "0190", public_photos: true });
    renderPage(<Residents building={building} />);
    expect(await screen.findByRole("link", { name: "Bewonerspagina" })).toHaveAttribute(
      "href",
      "/b/0190?lang=nl",
    );
    const poster = screen.getByRole("link", { name: "Poster afdrukken" });
    expect(poster).toHaveAttribute("href", `/open/buildings/${building.id}/poster`);
    expect(poster).toHaveAttribute("target", "_blank");
    expect(screen.getByText(/Foto's van het laatste vertrek staan erbij/)).toBeVisible();
  });

  it("gets a new code only after a warning that posters lead nowhere then", async () => {
    let renewed = 0;
    server.use(
      http.post(at("/buildings/100/public-id"), () => {
        renewed += 1;
        return HttpResponse.json(makeBuilding({ public_id: "0191" }));
      }),
    );
    const user = userEvent.setup();
    renderPage(<Residents building={makeBuilding()} />);
    await user.click(await screen.findByRole("button", { name: "Nieuwe publieke code" }));
    const dialog = await screen.findByRole("dialog");
    expect(dialog).toHaveTextContent("Posters die al hangen, leiden dan nergens meer heen.");
    expect(renewed).toBe(0);
    await user.click(within(dialog).getByRole("button", { name: "Nieuwe publieke code" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
    expect(renewed).toBe(1);
  });

  it("is nothing for an archived building", async () => {
    renderPage(<Residents building={makeBuilding({ archived: true })} />);
    expect(await screen.findByText(/heeft geen bewonerspagina/)).toBeVisible();
    expect(screen.queryByRole("link")).not.toBeInTheDocument();
    expect(screen.queryByRole("button")).not.toBeInTheDocument();
  });
});

describe("renaming a building", () => {
  it("changes the name and nothing else", async () => {
    const building = makeBuilding({ customer_number: "IV-1" });
    const sent: unknown[] = [];
    server.use(
      http.put(at("/buildings/100"), async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json({ ...building, name: "Ons huis" });
      }),
    );
    const names: string[] = [];
    const user = userEvent.setup();
    renderPage(
      <RenameDialog
        building={building}
        onSaved={({ name }) => names.push(name)}
        onClose={() => {}}
      />,
    );
    const name = await screen.findByRole("textbox");
    await user.clear(name);
    await user.type(name, "Ons huis");
    await user.click(screen.getByRole("button", { name: "Bewaar" }));
    await waitFor(() => expect(names).toEqual(["Ons huis"]));
    expect(sent).toEqual([
      {
        region_id: building.region.id,
        name: "Ons huis",
        address: building.address,
        syndic_ids: building.syndics.map(({ id }) => id),
        tell_syndic: null,
        public_photos: null,
        customer_number: "IV-1",
        coordinates: building.coordinates,
        agreed_minutes: building.agreed_minutes,
        version: building.version,
      },
    ]);
  });
});
