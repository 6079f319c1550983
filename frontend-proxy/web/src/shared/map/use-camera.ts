import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { type Camera, panned, type Size, type WorldPoint, zoomed } from "./projection";

const keyStep = 48;
const pans: Record<string, [number, number]> = {
  ArrowLeft: [keyStep, 0],
  ArrowRight: [-keyStep, 0],
  ArrowUp: [0, keyStep],
  ArrowDown: [0, -keyStep],
};
/** A finger that moves less has tapped. */
const tapSlack = 6;

/**
 * What a map shows, moved by mouse, fingers, wheel and keys. One finger moves it sideways only, so that the page can be
 * scrolled over it; two move and zoom it. The wheel zooms with Ctrl or ⌘ held.
 */
export function useCamera(start: Camera, size: Size) {
  const [camera, setCamera] = useState(start);
  const frame = useRef<HTMLDivElement>(null);
  const fingers = useRef(new Map<number, WorldPoint>());
  const travelled = useRef(0);
  const at = (event: { clientX: number; clientY: number }): WorldPoint => {
    const box = frame.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };
  const middle = { x: size.width / 2, y: size.height / 2 };
  const zoomBy = (by: number, point = middle) =>
    setCamera((present) => zoomed(present, by, point, size));

  // React listens passively: the page would zoom with the map.
  useEffect(() => {
    const element = frame.current;
    const onWheel = (event: WheelEvent) => {
      if (element === null || !(event.ctrlKey || event.metaKey)) {
        return;
      }
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const point = { x: event.clientX - box.left, y: event.clientY - box.top };
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
      const by = Math.max(-1, Math.min(1, (-event.deltaY * lines) / 200));
      setCamera((present) => zoomed(present, by, point, size));
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [size]);

  const lift = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId);
  };
  return {
    camera,
    setCamera,
    frame,
    /** True for a click that did not end a drag. */
    tapped: () => travelled.current < tapSlack,
    at,
    zoomBy,
    handlers: {
      onPointerDown: (event: PointerEvent) => {
        if (event.target instanceof Element && event.target.closest("button, a") !== null) {
          return;
        }
        if (fingers.current.size === 0) {
          travelled.current = 0;
        }
        fingers.current.set(event.pointerId, at(event));
      },
      onPointerMove: (event: PointerEvent) => {
        const before = fingers.current.get(event.pointerId);
        if (before === undefined) {
          return;
        }
        const now = at(event);
        const dx = now.x - before.x;
        const dy = now.y - before.y;
        travelled.current += Math.abs(dx) + Math.abs(dy);
        if (travelled.current >= tapSlack && event.currentTarget.setPointerCapture !== undefined) {
          // From here on it is a drag, also beyond the edge.
          event.currentTarget.setPointerCapture(event.pointerId);
        }
        const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
        fingers.current.set(event.pointerId, now);
        if (other === undefined) {
          setCamera((present) => panned(present, dx, dy));
          return;
        }
        const stretch = Math.log2(
          Math.max(1, Math.hypot(now.x - other.x, now.y - other.y)) /
            Math.max(1, Math.hypot(before.x - other.x, before.y - other.y)),
        );
        const centre = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
        setCamera((present) => zoomed(panned(present, dx / 2, dy / 2), stretch, centre, size));
      },
      onPointerUp: lift,
      onPointerCancel: lift,
      onKeyDown: (event: KeyboardEvent) => {
        if (
          event.target !== event.currentTarget ||
          event.altKey ||
          event.ctrlKey ||
          event.metaKey
        ) {
          return;
        }
        const pan = pans[event.key];
        if (pan !== undefined) {
          event.preventDefault();
          setCamera((present) => panned(present, ...pan));
        } else if (event.key === "+" || event.key === "=") {
          zoomBy(1);
        } else if (event.key === "-") {
          zoomBy(-1);
        }
      },
    },
  };
}
