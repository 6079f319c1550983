import {
  type RefObject,
  startTransition,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { visibleRange } from "./rows";

// What is kept ready above and below, in pixels.
const margin = 120;
// What is painted first, before what is seen is known: a slow processor draws the rest in the next frame.
const firstPaint = { first: 0, last: 5 };

/** Which of the things that begin at the offsets in a container are on screen or near, whatever scrolls. */
export function useVisible(container: RefObject<HTMLElement | null>, offsets: readonly number[]) {
  const [range, setRange] = useState(firstPaint);
  const look = useEffectEvent(() => {
    const top = container.current?.getBoundingClientRect().top ?? 0;
    const needed = visibleRange(offsets, -top, window.innerHeight - top);
    const covered = needed.first >= range.first && needed.last <= range.last;
    if (!covered || range.last - range.first > 2 * (needed.last - needed.first) + 12) {
      setRange(visibleRange(offsets, -top - margin, window.innerHeight - top + margin));
    }
  });
  useEffect(() => {
    const onScroll = () => look();
    window.addEventListener("scroll", onScroll, { capture: true, passive: true });
    window.addEventListener("resize", onScroll);
    return () => {
      window.removeEventListener("scroll", onScroll, { capture: true });
      window.removeEventListener("resize", onScroll);
    };
  }, []);
  const painted = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other places for the same things
  useLayoutEffect(() => {
    if (painted.current) {
      look();
    } else {
      painted.current = true;
      startTransition(() => look());
    }
  }, [offsets]);
  return { first: range.first, last: Math.min(range.last, offsets.length - 2) };
}
