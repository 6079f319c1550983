import { useReducedMotion } from "@mantine/hooks";
import { useEffect, useState } from "react";

/** How long a page of the wall stays; longer for who wants less to move. */
export const pageTime = 12_000;
const calmTime = 30_000;

type Pages = { page: number; pages: number; paused: boolean; pause: (paused: boolean) => void };

/** Pages through as many things as there are, so many at a time. */
export function usePages(count: number, size: number): Pages {
  const pages = Math.max(1, Math.ceil(count / Math.max(1, size)));
  const [turned, setTurned] = useState(0);
  const [paused, pause] = useState(false);
  const calm = useReducedMotion();
  useEffect(() => {
    if (pages === 1 || paused) {
      return;
    }
    const timer = setInterval(() => setTurned((page) => page + 1), calm ? calmTime : pageTime);
    return () => clearInterval(timer);
  }, [pages, paused, calm]);
  return { page: turned % pages, pages, paused, pause };
}
