import { type TouchEvent, useRef } from "react";

/** Where the browser's own gesture begins, which goes back. */
const edge = 32;
const shortest = 64;
const longestTime = 700;

type Start = { x: number; y: number; at: number };

/** A quick stroke of one finger to the side: -1 to the right (what was before), 1 to the left (what comes next). */
export function useSwipe(onSwipe: (direction: -1 | 1) => void) {
  const start = useRef<Start>(undefined);
  return {
    onTouchStart: (event: TouchEvent<HTMLElement>) => {
      const touch = event.touches[0];
      start.current = undefined;
      if (touch === undefined || event.touches.length > 1 || !mayBegin(event, touch.clientX)) {
        return;
      }
      start.current = { x: touch.clientX, y: touch.clientY, at: event.timeStamp };
    },
    onTouchEnd: (event: TouchEvent<HTMLElement>) => {
      const touch = event.changedTouches[0];
      const from = start.current;
      start.current = undefined;
      if (from === undefined || touch === undefined || event.timeStamp - from.at > longestTime) {
        return;
      }
      const [x, y] = [touch.clientX - from.x, touch.clientY - from.y];
      if (Math.abs(x) >= shortest && Math.abs(x) > 2 * Math.abs(y)) {
        onSwipe(x > 0 ? -1 : 1);
      }
    },
  };
}

function mayBegin({ target, currentTarget }: TouchEvent<HTMLElement>, x: number): boolean {
  return (
    x > edge &&
    x < window.innerWidth - edge &&
    // A page that is enlarged is moved by the same stroke.
    (window.visualViewport?.scale ?? 1) === 1 &&
    // Not in a sheet, which is a child of the page for React only, and not where letters are chosen.
    target instanceof Element &&
    currentTarget.contains(target) &&
    target.closest("input, textarea") === null
  );
}
