import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { configureMap } from "./map-config";
import { MapView } from "./map-view";
import type { Place } from "./projection";

const show = (map: ReactNode) => render(<MantineProvider env="test">{map}</MantineProvider>);

const stops = [
  { key: 1, place: { latitude: 51.0573, longitude: 3.7207 }, label: "1. Burgstraat 14", mark: "1" },
  { key: 2, place: { latitude: 51.0455, longitude: 3.7347 }, label: "2. Wilsonplein 4", mark: "2" },
];

const xOf = (element: HTMLElement) =>
  Number(/translate\((-?[\d.]+)px/.exec(element.style.transform)?.[1]);

describe("a map without a ground", () => {
  afterEach(() => configureMap(""));

  it("shows numbered points joined by a line, without any network", () => {
    const { container } = show(<MapView label="Haltes" points={stops} line />);
    const map = screen.getByRole("group", { name: "Haltes" });
    expect(within(map).getByRole("img", { name: "1. Burgstraat 14" })).toHaveTextContent("1");
    const [corner] = container.querySelector("polyline")?.getAttribute("points")?.split(" ") ?? [];
    expect(Number(corner?.split(",")[0])).toBeCloseTo(
      xOf(screen.getByTitle("1. Burgstraat 14")),
      0,
    );
  });

  it("lets keys reach and choose a point", async () => {
    const user = userEvent.setup();
    const onSelect = vi.fn();
    show(<MapView label="Haltes" points={stops} selected={1} onSelect={onSelect} />);
    expect(screen.getByRole("button", { name: "1. Burgstraat 14" })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
    await user.tab();
    expect(screen.getByRole("group")).toHaveFocus();
    await user.tab();
    await user.tab();
    await user.keyboard("{Enter}");
    expect(onSelect).toHaveBeenCalledWith(2);
  });

  it("moves and zooms by keys and buttons, and comes back", async () => {
    const user = userEvent.setup();
    show(<MapView label="Haltes" points={stops} />);
    const first = screen.getByTitle("1. Burgstraat 14");
    const start = xOf(first);
    screen.getByRole("group").focus();
    await user.keyboard("{ArrowRight}");
    expect(xOf(first)).toBeCloseTo(start - 48, 0);
    await user.keyboard("+");
    expect(xOf(first)).not.toBeCloseTo(start - 48, 0);
    await user.click(screen.getByRole("button", { name: "Toon alles" }));
    expect(xOf(first)).toBeCloseTo(start, 0);
  });

  it("is dragged", () => {
    show(<MapView label="Haltes" points={stops} />);
    const map = screen.getByRole("group");
    const first = screen.getByTitle("1. Burgstraat 14");
    const start = xOf(first);
    fireEvent.pointerDown(map, { pointerId: 1, clientX: 100, clientY: 100 });
    fireEvent.pointerMove(map, { pointerId: 1, clientX: 130, clientY: 100 });
    fireEvent.pointerUp(map, { pointerId: 1, clientX: 130, clientY: 100 });
    fireEvent.pointerMove(map, { pointerId: 1, clientX: 200, clientY: 100 });
    expect(xOf(first)).toBeCloseTo(start + 30, 0);
  });

  it("says how many lie in one place, and shows them nearer", async () => {
    const user = userEvent.setup();
    const crowd = [0, 1, 2].map((index) => ({
      key: index,
      place: { latitude: 51.05 + index * 0.0004, longitude: 3.72 },
      label: `Huis ${index}`,
      mark: "A",
      tone: 1,
    }));
    const away = {
      key: 9,
      place: { latitude: 51.2, longitude: 3.9 },
      label: "Ver",
      mark: "B",
      tone: 2,
    };
    show(<MapView label="Regio's" points={[...crowd, away]} grouped onSelect={() => undefined} />);
    await user.click(screen.getByRole("button", { name: "A 3 gebouwen, zoom in" }));
    expect(screen.getByRole("button", { name: "Huis 1" })).toBeVisible();
  });

  it("stays plain where the streets cannot be drawn", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    configureMap("https://tiles.example/style.json");
    show(<MapView label="Haltes" points={stops} />);
    expect(await screen.findByText(/stratenkaart kon niet geladen/)).toBeVisible();
    expect(screen.getByTitle("1. Burgstraat 14")).toBeVisible();
  });
});

function Setting({ start, told }: { start: Place | null; told: (place: Place) => void }) {
  const [place, setPlace] = useState(start);
  const onMove = (next: Place) => {
    told(next);
    setPlace(next);
  };
  return <MapView label="Plaats" points={stops} pin={{ place, onMove }} />;
}

describe("a pin", () => {
  it("is put in the middle, and moved by arrows", async () => {
    const user = userEvent.setup();
    const told = vi.fn();
    show(<Setting start={null} told={told} />);
    await user.click(screen.getByRole("button", { name: "Zet de pin hier" }));
    const put: Place = told.mock.lastCall?.[0];
    expect(put.latitude).toBeCloseTo(51.0514, 3);
    screen.getByRole("button", { name: /^Pin op 51\.05/ }).focus();
    await user.keyboard("{ArrowUp}");
    const moved: Place = told.mock.lastCall?.[0];
    expect(moved.latitude).toBeGreaterThan(put.latitude);
    expect(moved.longitude).toBeCloseTo(put.longitude, 5);
    expect(screen.getByRole("button", { name: /^Pin op/ })).toHaveFocus();
  });

  it("goes where the map is clicked, but not where it was dragged", () => {
    const told = vi.fn();
    show(<Setting start={{ latitude: 51.05, longitude: 3.72 }} told={told} />);
    const map = screen.getByRole("group");
    fireEvent.pointerDown(map, { pointerId: 1, clientX: 100, clientY: 100 });
    fireEvent.pointerMove(map, { pointerId: 1, clientX: 160, clientY: 100 });
    fireEvent.pointerUp(map, { pointerId: 1 });
    fireEvent.click(map, { clientX: 160, clientY: 100 });
    expect(told).not.toHaveBeenCalled();
    fireEvent.pointerDown(map, { pointerId: 1, clientX: 250, clientY: 120 });
    fireEvent.pointerUp(map, { pointerId: 1 });
    fireEvent.click(map, { clientX: 250, clientY: 120 });
    expect(told).toHaveBeenCalledTimes(1);
    expect(xOf(screen.getByRole("button", { name: /^Pin op/ }))).toBeCloseTo(250, 0);
  });

  it("is dragged", () => {
    const told = vi.fn();
    HTMLElement.prototype.setPointerCapture = () => undefined;
    show(<Setting start={{ latitude: 51.05, longitude: 3.72 }} told={told} />);
    const pin = screen.getByRole("button", { name: /^Pin op/ });
    fireEvent.pointerDown(pin, { pointerId: 1, clientX: 160, clientY: 120 });
    fireEvent.pointerMove(pin, { pointerId: 1, clientX: 200, clientY: 90 });
    fireEvent.pointerUp(pin, { pointerId: 1 });
    fireEvent.pointerMove(pin, { pointerId: 1, clientX: 300, clientY: 90 });
    expect(told).toHaveBeenCalledTimes(1);
    expect(xOf(screen.getByRole("button", { name: /^Pin op/ }))).toBeCloseTo(200, 0);
  });
});
