import { type Camera, type Size, toScreen, type WorldPoint } from "./projection";

export type Placed<T> = { item: T; world: WorldPoint };

/** Points that lie too close together to tell apart, at their middle on the screen. */
export type Cluster<T> = { key: string; x: number; y: number; items: T[] };

const cell = 48;

/** What is on the map, in groups of those of one kind that share a cell of 48 px. Cells are fixed to the ground. */
export function clusters<T>(
  points: readonly Placed<T>[],
  kindOf: (item: T) => number | string,
  camera: Camera,
  size: Size,
): Cluster<T>[] {
  const found = new Map<string, Cluster<T>>();
  // Groups hold while the map moves, and are formed anew with every step of the zoom.
  const grid = 512 * 2 ** Math.floor(camera.zoom);
  for (const { item, world } of points) {
    const { x, y } = toScreen(world, camera, size);
    if (x < -cell || y < -cell || x > size.width + cell || y > size.height + cell) {
      continue;
    }
    const key = `${kindOf(item)} ${Math.floor((world.x * grid) / cell)} ${Math.floor((world.y * grid) / cell)}`;
    const present = found.get(key);
    if (present === undefined) {
      found.set(key, { key, x, y, items: [item] });
    } else {
      present.items.push(item);
      const count = present.items.length;
      present.x += (x - present.x) / count;
      present.y += (y - present.y) / count;
    }
  }
  return [...found.values()];
}
