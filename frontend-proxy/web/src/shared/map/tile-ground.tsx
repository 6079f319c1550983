import "maplibre-gl/dist/maplibre-gl.css";
import { useComputedColorScheme } from "@mantine/core";
import { addProtocol, setWorkerUrl, Map as TileMap } from "maplibre-gl";
import workerURL from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { PMTiles, Protocol } from "pmtiles";
import { useEffect, useRef } from "react";
import classes from "./map-view.module.css";
import { type Camera, fromWorld, type Size } from "./projection";
import { styleOfTiles } from "./tiles-style";

// Before the first map: the worker is a file of this app, as the content security policy wants it.
setWorkerUrl(workerURL);
const archives = new Protocol();
addProtocol("pmtiles", archives.tile);

type TileGroundProps = { url: string; camera: Camera; size: Size; onFailed: () => void };

/** Draws the streets. It takes no clicks and no keys: the map above it moves it. */
export function TileGround({ url, camera, size, onFailed }: TileGroundProps) {
  const place = useRef<HTMLDivElement>(null);
  const map = useRef<TileMap>(undefined);
  const dark = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark";
  const view = { center: centre(camera), zoom: camera.zoom };
  const latest = useRef({ view, onFailed });
  latest.current = { view, onFailed };

  useEffect(() => {
    let gone = false;
    const start = async () => {
      const address = new URL(url, window.location.href).href;
      const tiles = new URL(address).pathname.endsWith(".pmtiles");
      let style: ConstructorParameters<typeof TileMap>[0]["style"] = address;
      if (tiles) {
        const archive = new PMTiles(address);
        archives.add(archive);
        style = await styleOfTiles(archive, address, dark);
      }
      if (gone || place.current === null) {
        return;
      }
      const made = new TileMap({
        container: place.current,
        style,
        ...latest.current.view,
        interactive: false,
        attributionControl: { compact: true },
        fadeDuration: 0,
      });
      map.current = made;
      // A tile that is missing leaves a gap; without its style there is no ground.
      made.on("error", () => {
        if (!made.isStyleLoaded() && !made.loaded() && made.getLayersOrder().length === 0) {
          latest.current.onFailed();
        }
      });
    };
    // Without WebGL, and without what the tiles are.
    start().catch(() => {
      if (!gone) {
        latest.current.onFailed();
      }
    });
    return () => {
      gone = true;
      map.current?.remove();
      map.current = undefined;
    };
  }, [url, dark]);

  const { lng, lat } = view.center;
  useEffect(() => {
    map.current?.jumpTo({ center: { lng, lat }, zoom: camera.zoom });
  }, [lng, lat, camera.zoom]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when there is another room for it
  useEffect(() => void map.current?.resize(), [size]);
  return (
    <div className={classes.ground}>
      <div ref={place} className={classes.tiles} />
    </div>
  );
}

function centre(camera: Camera) {
  const { latitude, longitude } = fromWorld(camera);
  return { lng: longitude, lat: latitude };
}
