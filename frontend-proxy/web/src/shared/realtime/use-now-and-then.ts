import { useCallback, useEffect, useEffectEvent, useRef } from "react";

/** Milliseconds in which many events ask for one reading. */
export const pause = 500;

/**
 * Does something at once, and what is asked for in the moment after it once, at its end: a month that is planned comes as
 * hundreds of events, and the server would hear as many questions from everybody who looks.
 */
export function useNowAndThen(action: () => void): () => void {
  const act = useEffectEvent(action);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const again = useRef(false);
  // An effect event may be called in effects only, and from what they set up.
  const run = useRef<() => void>(undefined);
  useEffect(() => {
    const step = () => {
      again.current = false;
      act();
      timer.current = setTimeout(() => {
        timer.current = undefined;
        if (again.current) {
          step();
        }
      }, pause);
    };
    run.current = step;
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      run.current = undefined;
    };
  }, []);
  return useCallback(() => {
    if (timer.current === undefined) {
      run.current?.();
    } else {
      again.current = true;
    }
  }, []);
}
