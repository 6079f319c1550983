import { useEffect, useEffectEvent, useRef } from "react";
import { useLive } from "./live-context";

/** Milliseconds in which many events ask for one reading. */
export const pause = 500;

/**
 * Does something at once, and what is asked for in the moment after it once, at its end: a month that is planned comes as
 * hundreds of events, and the server would hear as many questions from everybody who looks. For those who hear events: when
 * none come any more, because somebody signs out, what was put off is not done either.
 */
export function useNowAndThen(action: () => void): () => void {
  const live = useLive();
  const act = useEffectEvent(action);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const again = useRef(false);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  const start = () => {
    again.current = false;
    act();
    timer.current = setTimeout(() => {
      timer.current = undefined;
      if (again.current && !live.isClosed()) {
        start();
      }
    }, pause);
  };
  return () => {
    if (timer.current === undefined) {
      start();
    } else {
      again.current = true;
    }
  };
}
