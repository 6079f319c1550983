import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import { makeWasteKind } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { contrast, inkOn } from "./colours";
import { WasteKindLabel, WasteKindMark } from "./waste-kind";

beforeEach(() => {
  server.use(
    http.get(at("/waste-kinds"), () =>
      HttpResponse.json({
        items: [
          makeWasteKind({ code: "PAP", name_nl: "Papier en karton", icon: "news" }),
          makeWasteKind({ code: "OLD", name_nl: "Oud ijzer", icon: "of-another-version" }),
        ],
      }),
    ),
  );
});

describe("a kind of waste", () => {
  it("says its word beside the icon", async () => {
    renderPage(<WasteKindLabel code="PAP" />);
    expect(await screen.findByText("Papier en karton")).toBeVisible();
  });

  it("is named for screen readers where only the icon or the code is shown", async () => {
    renderPage(
      <>
        <p>
          <WasteKindMark code="PAP" />
        </p>
        <p>
          <WasteKindLabel code="OLD" short />
        </p>
      </>,
    );
    expect(await screen.findByText("Papier en karton")).toBeInTheDocument();
    expect(screen.getByText("OLD")).toBeVisible();
    expect(screen.getByText("Oud ijzer")).toBeInTheDocument();
  });

  it("is its code as long as nothing else is known", async () => {
    renderPage(<WasteKindLabel code="XYZ" />);
    expect(await screen.findByText("XYZ")).toBeVisible();
  });

  it("has an icon that is seen on any colour", () => {
    for (const colour of ["#000000", "#ffffff", "#808080", "#daa520", "#ffff00"]) {
      expect(contrast(inkOn(colour), colour), colour).toBeGreaterThanOrEqual(3);
    }
  });
});
