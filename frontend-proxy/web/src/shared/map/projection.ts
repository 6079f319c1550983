/** Where something is on earth, in degrees. */
export type Place = { latitude: number; longitude: number };

/** A place on the square world of maps (Web Mercator): 0 to 1 from west to east, and from north to south. */
export type WorldPoint = { x: number; y: number };

/** What a map shows: what lies in its middle, and how large the world is: 512 px, doubled with each zoom. */
export type Camera = WorldPoint & { zoom: number };

export type Size = { width: number; height: number };

export const smallestZoom = 2;
export const largestZoom = 19;
/** How near a map comes by itself when it shows one place. */
const nearZoom = 16;
/** Beyond it the square world ends. */
const lastLatitude = 85;

const limited = (value: number, least: number, most: number) =>
  Math.min(most, Math.max(least, value));

export function worldSize(zoom: number): number {
  return 512 * 2 ** zoom;
}

export function toWorld({ latitude, longitude }: Place): WorldPoint {
  const sine = Math.sin((limited(latitude, -lastLatitude, lastLatitude) * Math.PI) / 180);
  return {
    x: (longitude + 180) / 360,
    y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI),
  };
}

/** The place, to the 6 digits that a decimetre takes. */
export function fromWorld({ x, y }: WorldPoint): Place {
  const latitude = (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
  return { latitude: Number(latitude.toFixed(6)), longitude: Number((x * 360 - 180).toFixed(6)) };
}

/** Where on the map a point of the world is, in pixels from the upper left corner. */
export function toScreen(point: WorldPoint, camera: Camera, { width, height }: Size): WorldPoint {
  const scale = worldSize(camera.zoom);
  return {
    x: (point.x - camera.x) * scale + width / 2,
    y: (point.y - camera.y) * scale + height / 2,
  };
}

export function fromScreen(point: WorldPoint, camera: Camera, { width, height }: Size): WorldPoint {
  const scale = worldSize(camera.zoom);
  return {
    x: camera.x + (point.x - width / 2) / scale,
    y: camera.y + (point.y - height / 2) / scale,
  };
}

function insideWorld({ x, y, zoom }: Camera): Camera {
  return {
    x: limited(x, 0, 1),
    y: limited(y, 0, 1),
    zoom: limited(zoom, smallestZoom, largestZoom),
  };
}

/** Moves what is shown by pixels. */
export function panned(camera: Camera, dx: number, dy: number): Camera {
  const scale = worldSize(camera.zoom);
  return insideWorld({ ...camera, x: camera.x - dx / scale, y: camera.y - dy / scale });
}

/** Zooms by a number of doublings; what is at the pixel stays there. */
export function zoomed(camera: Camera, by: number, at: WorldPoint, size: Size): Camera {
  const fixed = fromScreen(at, camera, size);
  const zoom = limited(camera.zoom + by, smallestZoom, largestZoom);
  const scale = worldSize(zoom);
  return insideWorld({
    x: fixed.x - (at.x - size.width / 2) / scale,
    y: fixed.y - (at.y - size.height / 2) / scale,
    zoom,
  });
}

/** What a map without places shows: Belgium. */
const belgium: Camera = { ...toWorld({ latitude: 50.64, longitude: 4.67 }), zoom: 6.5 };

/** The camera that shows all points, with a margin for their marks. */
export function fitted(points: readonly WorldPoint[], { width, height }: Size): Camera {
  const [first, ...others] = points;
  if (first === undefined) {
    return belgium;
  }
  let { x: left, y: top } = first;
  let right = left;
  let bottom = top;
  for (const { x, y } of others) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const margin = 64;
  // The buttons lie on the right: no point of several lies below them.
  const buttons = others.length > 0 && width > 240 ? 52 : 0;
  const zoomFor = (pixels: number, span: number) =>
    Math.log2(Math.max(pixels - margin, margin) / (512 * Math.max(span, 1e-12)));
  const zoom = Math.min(
    nearZoom,
    zoomFor(width - buttons, right - left),
    zoomFor(height, bottom - top),
  );
  return insideWorld({
    x: (left + right) / 2 + buttons / 2 / worldSize(zoom),
    y: (top + bottom) / 2,
    zoom,
  });
}

/** How many metres a pixel in the middle of the map is. */
export function metresPerPixel({ y, zoom }: Camera): number {
  const { latitude } = fromWorld({ x: 0, y });
  return (40_075_017 * Math.cos((latitude * Math.PI) / 180)) / worldSize(zoom);
}
