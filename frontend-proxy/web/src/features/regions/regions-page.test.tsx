import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import type { Role } from "@/shared/api/types";
import { makeAccount, makeUser } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { RegionsPage } from "./regions-page";

function show(role: Role, regions = [{ id: 1, name: "Gent Centrum" }]) {
  server.use(
    http.get(at("/regions"), () => HttpResponse.json({ items: regions, next_cursor: "" })),
    http.get(at("/building-places"), () =>
      HttpResponse.json({
        regions: regions.map(({ id, name }) => ({
          id,
          name,
          building_count: 3,
          without_coordinates: 2,
        })),
        ids: [7],
        region_ids: [1],
        latitudes: [51.05],
        longitudes: [3.72],
        addresses: ["Burgstraat 14"],
        complete: true,
      }),
    ),
    http.get(at("/users"), () =>
      HttpResponse.json({
        items: [
          makeUser({ region_ids: [1, 2] }),
          makeUser({
            id: 4,
            first_name: "An",
            last_name: "Peeters",
            role: "admin",
            region_ids: [],
          }),
        ],
        next_cursor: "",
      }),
    ),
  );
  const me = makeAccount({ id: 9, role });
  renderPage(<RegionsPage me={me} />);
  return userEvent.setup();
}

describe("regions", () => {
  it("lets only admins change them", async () => {
    show("superstudent");
    expect(await screen.findByRole("heading", { name: "Gent Centrum" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Regio toevoegen" })).not.toBeInTheDocument();
    expect(screen.queryByRole("button", { name: /Verwijder/ })).not.toBeInTheDocument();
  });

  it("leads on when there are none, and tells who can", async () => {
    show("admin", []);
    expect(await screen.findByRole("button", { name: "Regio toevoegen" })).toBeVisible();
  });

  it("shows a name that is taken at the name", async () => {
    const user = show("admin");
    server.use(
      http.post(at("/regions"), () =>
        HttpResponse.json(
          {
            code: "already_exists",
            message: "No.",
            details: { field: "name", reason: "name_taken" },
          },
          { status: 409 },
        ),
      ),
    );
    await user.click(await screen.findByRole("button", { name: "Regio toevoegen" }));
    await user.type(await screen.findByLabelText("Naam"), "Gent Centrum");
    await user.click(screen.getByRole("button", { name: "Voeg toe" }));
    expect(await screen.findByText("Deze naam bestaat al. Kies een andere.")).toBeVisible();
    expect(screen.getByLabelText("Naam")).toBeInvalid();
  });

  it("keeps the other regions of a person whose tick is taken off", async () => {
    const user = show("superstudent");
    const sent = vi.fn();
    server.use(
      http.put(at("/users/3/regions"), async ({ request }) => {
        sent(await request.json());
        return HttpResponse.json({ user_id: 3, region_ids: [2] });
      }),
    );
    await user.click(await screen.findByRole("button", { name: "1 persoon, Gent Centrum" }));
    expect(await screen.findByRole("checkbox", { name: "An Peeters" })).toBeDisabled();
    await user.click(screen.getByRole("checkbox", { name: "Lotte De Smet" }));
    await vi.waitFor(() => expect(sent).toHaveBeenCalledWith({ region_ids: [2] }));
  });

  it("shows the buildings on a map by the letter of their region, and leads to those that are on none", async () => {
    show("superstudent");
    expect(await screen.findByRole("button", { name: "Burgstraat 14" })).toHaveTextContent("A");
    const row = screen.getByRole("heading", { name: "Gent Centrum" }).closest("li");
    expect(row).toHaveTextContent("A");
    expect(row).toHaveTextContent("3 gebouwen");
    expect(
      screen.getByRole("link", { name: "2 nog niet op de kaart, Gent Centrum" }),
    ).toHaveAttribute("href", "/manage/buildings?region=1&unplaced=true");
  });
});
