import { useEffect, useState } from "react";
import { today, untilTomorrow } from "./dates";

/** Today as YYYY-MM-DD; a page that is left open goes on to the next day. */
export function useToday(): string {
  const [day, setDay] = useState(today);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const look = () => {
      setDay(today());
      clearTimeout(timer);
      timer = setTimeout(look, untilTomorrow());
    };
    look();
    // A laptop that slept does not keep time.
    document.addEventListener("visibilitychange", look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return day;
}
