import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { type PMTiles, TileType } from "pmtiles";

type Colours = Record<"land" | "green" | "water" | "building" | "road" | "edge", string>;

// As the theme's greys; the ground stays behind what stands on it.
const light: Colours = {
  land: "#efece7",
  green: "#dfe6d6",
  water: "#cfdde6",
  building: "#e3dfd8",
  road: "#ffffff",
  edge: "#d3cec5",
};
const dark: Colours = {
  land: "#1b1917",
  green: "#1d231c",
  water: "#1b2730",
  building: "#24211f",
  road: "#3a3733",
  edge: "#2f2c29",
};

/** Names of layers in the two common schemas of tiles, that of Protomaps and that of OpenMapTiles. */
const green = ["landuse", "landcover", "park", "natural"];
const water = ["water"];
const buildings = ["buildings", "building"];
const roads = ["roads", "transportation"];

/**
 * A quiet style for a file of tiles that comes without one: streets, water, green and buildings, without letters, which would
 * need files of their own. Pictures are shown as they are.
 */
export async function styleOfTiles(
  archive: PMTiles,
  address: string,
  isDark: boolean,
): Promise<StyleSpecification> {
  const header = await archive.getHeader();
  const metadata = (await archive.getMetadata()) as {
    vector_layers?: { id: string }[];
    attribution?: string;
  };
  const attribution = metadata.attribution ?? "";
  const colour = isDark ? dark : light;
  const background: LayerSpecification = {
    id: "land",
    type: "background",
    paint: { "background-color": colour.land },
  };
  if (header.tileType !== TileType.Mvt) {
    return {
      version: 8,
      sources: {
        tiles: { type: "raster", url: `pmtiles://${address}`, tileSize: 256, attribution },
      },
      layers: [background, { id: "pictures", type: "raster", source: "tiles" }],
    };
  }
  const present = new Set((metadata.vector_layers ?? []).map(({ id }) => id));
  const having = (names: string[]) => names.filter((name) => present.has(name));
  const fill = (name: string, paint: string): LayerSpecification => ({
    id: name,
    type: "fill",
    source: "tiles",
    "source-layer": name,
    filter: ["==", ["geometry-type"], "Polygon"],
    paint: { "fill-color": paint },
  });
  const stroke = (
    name: string,
    suffix: string,
    paint: string,
    more: number,
  ): LayerSpecification => ({
    id: name + suffix,
    type: "line",
    source: "tiles",
    "source-layer": name,
    layout: { "line-cap": "round", "line-join": "round" },
    paint: {
      "line-color": paint,
      "line-width": [
        "interpolate",
        ["exponential", 1.6],
        ["zoom"],
        10,
        0.5 + more / 2,
        18,
        12 + more,
      ],
    },
  });
  return {
    version: 8,
    sources: { tiles: { type: "vector", url: `pmtiles://${address}`, attribution } },
    layers: [
      background,
      ...having(green).map((name) => fill(name, colour.green)),
      ...having(water).map((name) => fill(name, colour.water)),
      ...having(buildings).map((name) => fill(name, colour.building)),
      ...having(roads).map((name) => stroke(name, "-edge", colour.edge, 2)),
      ...having(roads).map((name) => stroke(name, "", colour.road, 0)),
    ],
  };
}
