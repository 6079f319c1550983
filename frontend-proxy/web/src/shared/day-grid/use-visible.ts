import { type RefObject, useEffect, useEffectEvent, useLayoutEffect, useState } from "react";
import { visibleRange } from "./rows";

// What is kept ready above and below, in pixels.
const margin = 120;

/** Which of the things that begin at the offsets in a container are on screen or near, whatever scrolls. */
export function useVisible(container: RefObject<HTMLElement | null>, offsets: readonly number[]) {
  const [range, setRange] = useState({ first: 0, last: 14 });
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: other places for the same things
  useLayoutEffect(() => look(), [offsets]);
  return { first: range.first, last: Math.min(range.last, offsets.length - 2) };
}
