import { fireEvent, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { makeBuilding } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { BuildingsPage } from "./buildings-page";
import { MyBuildingsPage } from "./my-buildings-page";

const photo = {
  width: 1600,
  height: 1200,
  urls: { "320": "/buildings/100/photo/320?v=a", "1600": "/buildings/100/photo/1600?v=a" },
};

describe("the small photo of a front", () => {
  for (const [list, page] of [
    [
      "the office's list",
      <BuildingsPage
        key="office"
        filter={{}}
        open={undefined}
        onFilter={() => undefined}
        onOpen={() => undefined}
      />,
    ],
    ["a syndic's list", <MyBuildingsPage key="syndic" />],
  ] as const) {
    it(`stands in ${list}, and a drawing where there is none or none comes`, async () => {
      server.use(
        http.get(at("/regions"), () => HttpResponse.json({ items: [], next_cursor: "" })),
        http.get(at("/buildings"), () =>
          HttpResponse.json({
            items: [makeBuilding({ photo }), makeBuilding({ id: 101, name: "Ter Zee" })],
            next_cursor: "",
          }),
        ),
      );
      const { container } = renderPage(page);
      await screen.findByText(/Ter Zee/);
      const images = container.querySelectorAll("li img, tr img");
      expect(images).toHaveLength(1);
      const [image] = images;
      expect(image).toHaveAttribute("src", "/buildings/100/photo/320?v=a");
      expect(image, "the address beside it says what it shows").toHaveAttribute("alt", "");
      if (image !== undefined) {
        fireEvent.error(image);
      }
      expect(container.querySelector("li img, tr img")).toBeNull();
    });
  }
});
