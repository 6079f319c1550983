import { IconMapPinFilled } from "@tabler/icons-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./map-view.module.css";
import {
  type Camera,
  fromScreen,
  fromWorld,
  type Place,
  type Size,
  toScreen,
  toWorld,
  type WorldPoint,
} from "./projection";

const moves: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

type MapPinProps = {
  place: Place | null;
  onMove: (place: Place) => void;
  camera: Camera;
  size: Size;
  /** Where on the map a pointer is. */
  at: (event: { clientX: number; clientY: number }) => WorldPoint;
};

/** The place that is being set: dragged, or moved by arrows. Without one a button puts it into the middle. */
export function MapPin({ place, onMove, camera, size, at }: MapPinProps) {
  const { t } = useTranslation();
  const help = useId();
  const [dragging, setDragging] = useState(false);
  const put = (point: WorldPoint) => onMove(fromWorld(fromScreen(point, camera, size)));
  if (place === null) {
    return (
      <button
        type="button"
        className={classes.place}
        onClick={() => put({ x: size.width / 2, y: size.height / 2 })}
      >
        <IconMapPinFilled size={20} aria-hidden />
        {t("map.put_pin")}
      </button>
    );
  }
  const { x, y } = toScreen(toWorld(place), camera, size);
  return (
    <>
      <button
        type="button"
        className={classes.pin}
        data-dragging={dragging || undefined}
        style={{
          transform: `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -100%)`,
        }}
        aria-label={t("map.pin", { place: `${place.latitude}, ${place.longitude}` })}
        aria-describedby={help}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragging(true);
        }}
        onPointerMove={(event) => {
          if (dragging) {
            put(at(event));
          }
        }}
        onPointerUp={() => setDragging(false)}
        onPointerCancel={() => setDragging(false)}
        onKeyDown={(event) => {
          const move = moves[event.key];
          if (move !== undefined) {
            event.preventDefault();
            const pixels = event.shiftKey ? 32 : 4;
            put({ x: x + move[0] * pixels, y: y + move[1] * pixels });
          }
        }}
      >
        <IconMapPinFilled size={36} aria-hidden />
      </button>
      <span id={help} hidden>
        {t("map.pin_help")}
      </span>
    </>
  );
}
