import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import { makeStop, makeTour, makeTourDetail, makeWasteKind } from "@/shared/testing/data";
import { makeTestLive } from "@/shared/testing/live";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { TourPage } from "./tour-page";
import { ToursPage } from "./tours-page";

it("says on the tour that buildings of it are archived", async () => {
  server.use(
    http.get(at("/tours/1"), () => HttpResponse.json(makeTourDetail({ archived_stop_count: 2 }))),
    http.get(at("/planning/collections"), () =>
      HttpResponse.json({ buildings: [], collections: [], more_buildings: false }),
    ),
    http.get(at("/waste-kinds"), () => HttpResponse.json({ items: [] })),
    http.get(at("/buildings"), () => HttpResponse.json({ items: [], next_cursor: "" })),
  );
  renderPage(<TourPage id={1} day="2026-11-26" onDay={() => undefined} />);
  expect(await screen.findByText(/Nog 2 gebouwen van deze ronde zijn gearchiveerd/)).toBeVisible();
});

it("follows what is collected at its stops, and asks once for thousands that come together", async () => {
  const collections: { building_id: number; date: string; type: string }[] = [];
  let asked = 0;
  server.use(
    http.get(at("/tours/1"), () => HttpResponse.json(makeTourDetail())),
    http.get(at("/planning/collections"), () => {
      asked++;
      return HttpResponse.json({
        buildings: [],
        collections: collections.map((one) => ({ ...one, put_out: true, bring_in: true })),
        more_buildings: false,
      });
    }),
    http.get(at("/waste-kinds"), () =>
      HttpResponse.json({ items: [makeWasteKind({ code: "GLS", name_nl: "Glas" })] }),
    ),
    http.get(at("/buildings"), () => HttpResponse.json({ items: [], next_cursor: "" })),
  );
  const { live, socket } = makeTestLive();
  renderPage(<TourPage id={1} day="2026-11-26" onDay={() => undefined} />, { live });
  const stops = await screen.findByRole("list", { name: "Haltes" });
  await waitFor(() => expect(asked).toBe(1));
  expect(within(stops).queryByText("Glas")).not.toBeInTheDocument();
  act(() => {
    socket.opens();
    socket.receives({ op: "subscribed", channel: "collections", id: "1-0", recovered: true });
  });

  collections.push({ building_id: makeStop(1).building.id, date: "2026-11-26", type: "GLS" });
  act(() => {
    socket.receivesOfBuildings(2000, "collection.created", "2026-11-26", "2026-11-26");
  });
  expect(await within(stops).findByText("Glas")).toBeVisible();
  // At once for the first event, and once for all others.
  await waitFor(() => expect(asked).toBe(3));
});

it("says before a tour moves that it loses its archived buildings", async () => {
  server.use(
    http.get(at("/tours/1"), () =>
      HttpResponse.json(makeTourDetail({ stops: [], stop_count: 0, archived_stop_count: 1 })),
    ),
    http.get(at("/regions"), () =>
      HttpResponse.json({ items: [{ id: 1, name: "Gent Centrum" }], next_cursor: "" }),
    ),
    http.get(at("/buildings"), () => HttpResponse.json({ items: [], next_cursor: "" })),
  );
  renderPage(<TourPage id={1} day="2026-11-26" onDay={() => undefined} />);
  await userEvent.click(await screen.findByRole("button", { name: "Wijzig ronde" }));
  expect(
    within(await screen.findByRole("dialog")).getByText(
      "In een andere regio verliest de ronde haar gearchiveerde gebouw.",
    ),
  ).toBeVisible();
});

it("counts archived stops beside the others in the list", async () => {
  server.use(
    http.get(at("/regions"), () => HttpResponse.json({ items: [], next_cursor: "" })),
    http.get(at("/tours"), () =>
      HttpResponse.json({
        items: [
          makeTour({ archived_stop_count: 2 }),
          makeTour({ id: 2, name: "Zuid", stop_count: 1 }),
        ],
        next_cursor: "",
      }),
    ),
  );
  renderPage(<ToursPage filter={{}} onFilter={() => undefined} onMade={() => undefined} />);
  const list = await screen.findByRole("list", { name: "Rondes" });
  const [first, second] = within(list).getAllByRole("listitem");
  expect(first).toHaveTextContent("6 haltes, 2 gearchiveerd");
  expect(second).not.toHaveTextContent("gearchiveerd");
});
