import { describe, expect, it } from "vitest";
import { clusters } from "./clusters";
import {
  fitted,
  fromScreen,
  fromWorld,
  metresPerPixel,
  panned,
  toScreen,
  toWorld,
  zoomed,
} from "./projection";

const gent = { latitude: 51.054342, longitude: 3.717424 };
const size = { width: 400, height: 300 };
const corners = [
  { latitude: 51.0369, longitude: 3.7106 },
  { latitude: 51.0586, longitude: 3.7347 },
  { latitude: 51.0455, longitude: 3.7507 },
].map(toWorld);

describe("the ground of a map", () => {
  it("comes back to the same place", () => {
    for (const place of [
      gent,
      { latitude: -33.9, longitude: 151.2 },
      { latitude: 0, longitude: -180 },
    ]) {
      expect(fromWorld(toWorld(place))).toEqual(place);
    }
  });

  it("shows all points inside of its edges", () => {
    const camera = fitted(corners, size);
    for (const corner of corners) {
      const { x, y } = toScreen(corner, camera, size);
      expect(x).toBeGreaterThan(20);
      expect(x, "beside the buttons").toBeLessThan(330);
      expect(y).toBeGreaterThan(20);
      expect(y).toBeLessThan(280);
    }
  });

  it("shows one place from near, and Belgium without any", () => {
    expect(fitted([toWorld(gent)], size).zoom).toBe(16);
    expect(toScreen(toWorld(gent), fitted([], size), size).x).toBeGreaterThan(0);
  });

  it("keeps what is under the pointer while it zooms", () => {
    const camera = fitted(corners, size);
    const pointer = { x: 90, y: 210 };
    const before = fromScreen(pointer, camera, size);
    const after = fromScreen(pointer, zoomed(camera, 1.5, pointer, size), size);
    expect(after.x).toBeCloseTo(before.x, 12);
    expect(after.y).toBeCloseTo(before.y, 12);
  });

  it("follows the hand", () => {
    const camera = fitted(corners, size);
    const before = toScreen(toWorld(gent), camera, size);
    const after = toScreen(toWorld(gent), panned(camera, 30, -12), size);
    expect(after.x - before.x).toBeCloseTo(30, 6);
    expect(after.y - before.y).toBeCloseTo(-12, 6);
  });

  it("knows how long a pixel is", () => {
    const camera = { ...toWorld(gent), zoom: 16 };
    // At the equator a pixel of zoom 16 is 1.19 m; in Ghent it is 63 % of that.
    expect(metresPerPixel(camera)).toBeCloseTo(0.751, 2);
  });
});

describe("points that lie close together", () => {
  const near = Array.from({ length: 5 }, (_, index) => ({
    item: { id: index, kind: index % 2 },
    world: toWorld({ ...gent, longitude: gent.longitude + index * 1e-6 }),
  }));
  const far = { item: { id: 9, kind: 0 }, world: toWorld({ ...gent, latitude: 51.057 }) };
  const camera = { ...toWorld(gent), zoom: 14 };

  it("are groups of one kind, and single ones stay", () => {
    const found = clusters([...near, far], ({ kind }) => kind, camera, size);
    expect(found.map(({ items }) => items.length).sort()).toEqual([1, 2, 3]);
  });

  it("are left out where the map does not reach", () => {
    const elsewhere = { ...toWorld({ latitude: 50.8, longitude: 4.3 }), zoom: 14 };
    expect(clusters([...near, far], () => 0, elsewhere, size)).toEqual([]);
  });

  it("make few groups of many points, soon", () => {
    const many = Array.from({ length: 20_000 }, (_, id) => ({
      item: { id, kind: id % 3 },
      world: toWorld({ latitude: 51 + (id % 141) / 1400, longitude: 3.65 + id / 200_000 }),
    }));
    const whole = fitted(
      many.map(({ world }) => world),
      { width: 900, height: 500 },
    );
    const began = performance.now();
    const found = clusters(many, ({ kind }) => kind, whole, { width: 900, height: 500 });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(found.reduce((sum, { items }) => sum + items.length, 0)).toBe(20_000);
    expect(found.length).toBeLessThan(800);
  });
});
