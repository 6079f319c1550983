import { ActionIcon } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { IconFocusCentered, IconMinus, IconPlus } from "@tabler/icons-react";
import { type CSSProperties, lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Cluster, clusters } from "./clusters";
import { mapStyleURL } from "./map-config";
import { MapPin } from "./map-pin";
import classes from "./map-view.module.css";
import {
  type Camera,
  fitted,
  fromScreen,
  fromWorld,
  largestZoom,
  metresPerPixel,
  type Place,
  type Size,
  smallestZoom,
  toScreen,
  toWorld,
  type WorldPoint,
} from "./projection";
import { useCamera } from "./use-camera";

export type MapPoint = {
  key: number;
  place: Place;
  /** What it is, for who does not see the map. */
  label: string;
  /** A number or a letter in the mark; a dot without one. */
  mark?: string | undefined;
  /** Points of one kind have one colour, 1 to 8. Their mark must tell it too. */
  tone?: number | undefined;
  /** Only there so that one knows where one is. */
  quiet?: boolean | undefined;
};

type MapViewProps = {
  label: string;
  points: readonly MapPoint[];
  /** Joins the points by a line, in their order. */
  line?: boolean;
  /** Puts points together that lie close to each other. */
  grouped?: boolean;
  /** Of the chosen point. */
  selected?: number | undefined;
  /** Makes the points buttons. */
  onSelect?: (key: number) => void;
  /** A pin that is put somewhere. */
  pin?: { place: Place | null; onMove: (place: Place) => void };
  /** Shows what lies around this place, instead of all points. */
  centre?: Place;
  height?: number;
};

// Before it is measured, and where nothing is.
const assumed: Size = { width: 320, height: 240 };

/** About a kilometre across. */
const surroundings = 14.5;

const TileGround = lazy(async () => ({ default: (await import("./tile-ground")).TileGround }));

/**
 * Points on the ground that the installation has set, or on a plain one: that needs no network and no WebGL. What it shows must
 * also stand beside it as text.
 */
export function MapView(props: MapViewProps) {
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  return (
    <div
      ref={ref}
      className={classes.room}
      style={{ "--map-height": `${props.height ?? 280}px` } as CSSProperties}
    >
      <SizedMap {...props} size={width > 0 && height > 0 ? { width, height } : assumed} />
    </div>
  );
}

function SizedMap({
  label,
  points,
  line = false,
  grouped = false,
  selected,
  onSelect,
  pin,
  centre,
  size: { width, height },
}: MapViewProps & { size: Size }) {
  const { t } = useTranslation();
  const size = useMemo(() => ({ width, height }), [width, height]);
  const placed = useMemo(
    () => points.map((item) => ({ item, world: toWorld(item.place) })),
    [points],
  );
  const wanted = () => {
    const worlds = placed.map(({ world }) => world);
    // What is put somewhere is the middle of what is shown, with a little of what is around it.
    const middle = pin?.place ?? centre;
    return middle == null
      ? fitted(worlds, size)
      : { ...fitted([toWorld(middle)], size), zoom: surroundings };
  };
  const view = useCamera(wanted(), size);
  const { camera, setCamera } = view;
  // What is shown follows what there is, not each move of a pin.
  const contents = placed.map(({ item }) => item.key).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: when there is something else, or another room for it
  useEffect(() => setCamera(wanted()), [contents, width, height]);
  const frame = useMergedRef(view.frame);
  const groups: Cluster<MapPoint>[] = grouped
    ? clusters(placed, (item) => item.tone ?? 0, camera, size)
    : placed.map(({ item, world }) => ({
        key: String(item.key),
        items: [item],
        ...toScreen(world, camera, size),
      }));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    // biome-ignore lint/a11y/useKeyWithClickEvents: the pin has keys of its own
    <div
      ref={frame}
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move it
      tabIndex={0}
      className={classes.map}
      data-setting={pin !== undefined || undefined}
      {...view.handlers}
      onDoubleClick={(event) => {
        if (event.target === event.currentTarget) {
          view.zoomBy(1, view.at(event));
        }
      }}
      onClick={(event) => {
        if (pin !== undefined && event.target === event.currentTarget && view.tapped()) {
          pin.onMove(fromWorld(fromScreen(view.at(event), camera, size)));
        }
      }}
    >
      <Ground camera={camera} size={size} />
      {line && <Line points={placed.map(({ world }) => world)} camera={camera} size={size} />}
      {groups.map((group) => (
        <Mark
          // A mark stays where it is focused when its group opens.
          key={group.items[0]?.key}
          group={group}
          selected={selected !== undefined && group.items.some(({ key }) => key === selected)}
          onSelect={onSelect}
          onOpen={() => setCamera(opened(group, size, camera))}
        />
      ))}
      {pin !== undefined && (
        <MapPin place={pin.place} onMove={pin.onMove} camera={camera} size={size} at={view.at} />
      )}
      <div className={classes.buttons}>
        <ActionIcon
          variant="default"
          aria-label={t("map.zoom_in")}
          disabled={camera.zoom >= largestZoom}
          onClick={() => view.zoomBy(1)}
        >
          <IconPlus size={20} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant="default"
          aria-label={t("map.zoom_out")}
          disabled={camera.zoom <= smallestZoom}
          onClick={() => view.zoomBy(-1)}
        >
          <IconMinus size={20} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant="default"
          aria-label={t("map.show_all")}
          onClick={() => setCamera(wanted())}
        >
          <IconFocusCentered size={20} aria-hidden />
        </ActionIcon>
      </div>
      <Scale camera={camera} />
    </div>
  );
}

/** Shows a group by itself; one whose points lie in one place is only shown nearer. */
function opened(group: Cluster<MapPoint>, size: Size, camera: Camera): Camera {
  const near = fitted(
    group.items.map(({ place }) => toWorld(place)),
    size,
  );
  return near.zoom > camera.zoom + 0.5
    ? near
    : { ...near, zoom: Math.min(largestZoom, camera.zoom + 1) };
}

/** The streets, where a source of them is set; until they are there, and when they do not come, a plain ground. */
function Ground({ camera, size }: { camera: Camera; size: Size }) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const url = mapStyleURL();
  if (url === "" || failed) {
    return (
      <>
        <Grid camera={camera} size={size} />
        {failed && (
          <p className={classes.failed} role="status">
            {t("map.ground_failed")}
          </p>
        )}
      </>
    );
  }
  return (
    <Suspense fallback={null}>
      <TileGround url={url} camera={camera} size={size} onFailed={() => setFailed(true)} />
    </Suspense>
  );
}

/** Lines as far apart as the scale is long, so that one sees the ground move. */
function Grid({ camera, size }: { camera: Camera; size: Size }) {
  const { pixels } = roundLength(camera);
  const corner = toScreen({ x: 0, y: 0 }, camera, size);
  const offset = (value: number) => `${(value % pixels).toFixed(1)}px`;
  return (
    <div
      className={classes.grid}
      style={{
        backgroundSize: `${pixels}px ${pixels}px`,
        backgroundPosition: `${offset(corner.x)} ${offset(corner.y)}`,
      }}
    />
  );
}

type LineProps = { points: readonly WorldPoint[]; camera: Camera; size: Size };

function Line({ points, camera, size }: LineProps) {
  const path = points
    .map((point) => toScreen(point, camera, size))
    .map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`)
    .join(" ");
  return (
    <svg className={classes.line} aria-hidden="true">
      <polyline className={classes.lineEdge ?? ""} points={path} />
      <polyline points={path} />
    </svg>
  );
}

type MarkProps = {
  group: Cluster<MapPoint>;
  selected: boolean;
  onSelect: ((key: number) => void) | undefined;
  onOpen: () => void;
};

function Mark({ group, selected, onSelect, onOpen }: MarkProps) {
  const { t } = useTranslation();
  const [first] = group.items;
  if (first === undefined) {
    return null;
  }
  const many = group.items.length > 1;
  const mark = [first.mark, many ? group.items.length : undefined].filter(Boolean).join(" ");
  const props = {
    className: classes.mark,
    style: {
      transform: `translate(${group.x.toFixed(1)}px, ${group.y.toFixed(1)}px) translate(-50%, -50%)`,
      ...(first.tone === undefined ? {} : { "--tone": `var(--tone-${first.tone})` }),
    } as CSSProperties,
    "data-dot": mark === "" || undefined,
    "data-tone": first.tone,
    "data-quiet": first.quiet || undefined,
  };
  if (many) {
    return (
      <button
        type="button"
        {...props}
        aria-label={t("map.group", { count: group.items.length, mark: first.mark ?? "" })}
        onClick={onOpen}
      >
        <span>{mark}</span>
      </button>
    );
  }
  return onSelect === undefined || first.quiet ? (
    <span role="img" aria-label={first.label} title={first.label} {...props}>
      <span>{mark}</span>
    </span>
  ) : (
    <button
      type="button"
      {...props}
      aria-label={first.label}
      title={first.label}
      aria-pressed={selected}
      onClick={() => onSelect(first.key)}
    >
      <span>{mark}</span>
    </button>
  );
}

const steps = [1, 2, 5];

/** The roundest length of at most 96 px. */
function roundLength(camera: Camera): { metres: number; pixels: number } {
  const perPixel = metresPerPixel(camera);
  const most = perPixel * 96;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = power * (steps.findLast((step) => step * power <= most) ?? 1);
  return { metres, pixels: metres / perPixel };
}

function Scale({ camera }: { camera: Camera }) {
  const { metres, pixels } = roundLength(camera);
  return (
    <span className={classes.scale} style={{ width: pixels }} aria-hidden="true">
      {metres >= 1000 ? `${metres / 1000} km` : `${metres} m`}
    </span>
  );
}
