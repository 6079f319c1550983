import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { addDays, today } from "@/shared/dates";
import { makeBuilding } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { MyBuildingsPage } from "./my-buildings-page";

describe("a syndic's buildings", () => {
  it("say how the last visit went and what is fetched next", async () => {
    let asked = new URLSearchParams();
    server.use(
      http.get(at("/waste-kinds"), () => HttpResponse.json({ items: [] })),
      http.get(at("/buildings"), ({ request }) => {
        asked = new URL(request.url).searchParams;
        const outlook = {
          last_visit_at: `${today()}T12:00:00Z`,
          last_outcome: "skipped" as const,
          next_date: addDays(today(), 1),
          next_types: ["GFT", "PMD"],
        };
        return HttpResponse.json({
          items: [
            makeBuilding({ outlook }),
            makeBuilding({
              id: 101,
              name: "Ter Zee",
              outlook: { last_visit_at: null, last_outcome: null, next_date: "", next_types: [] },
            }),
          ],
          next_cursor: "",
        });
      }),
    );
    renderPage(<MyBuildingsPage />);
    const [first, second] = await screen.findAllByRole("listitem");
    expect(asked.get("outlook")).toBe("true");
    const row = within(first as HTMLElement);
    expect(row.getByText("Laatste bezoek").parentElement).toHaveTextContent(
      /vandaag \d\d:\d\d, overgeslagen/,
    );
    expect(row.getByText("Volgende ophaling").parentElement).toHaveTextContent(/morgen.*GFT.*PMD/);
    const quiet = screen.getByRole("link", { name: "Ter Zee" }).closest("li") ?? second;
    expect(quiet).toHaveTextContent("Laatste bezoekNog geen");
    expect(quiet).toHaveTextContent("Volgende ophalingNog niets bekend");
  });
});
