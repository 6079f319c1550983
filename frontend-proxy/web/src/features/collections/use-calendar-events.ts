import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { queryKeys } from "@/shared/api/query-keys";
import { spanOf } from "@/shared/day-grid/period";
import { useChannels } from "@/shared/realtime/live-context";
import { type CalendarRequest, calendarQuery, refreshSpan } from "./queries";

type EventData = { building_ids?: number[]; from?: string; to?: string };

// One change of many buildings comes as several events.
const quiet = 60;

/** Keeps the calendar on screen live: what an event is about is read anew, and nothing else. */
export function useCalendarEvents(request: CalendarRequest): void {
  const queryClient = useQueryClient();
  const waiting = useRef<{ buildings: Set<number>; from: string; to: string }>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const all = () => {
    void queryClient.invalidateQueries({ queryKey: queryKeys.wasteKinds });
    void queryClient.invalidateQueries({ queryKey: queryKeys.collections });
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useChannels(["collections"], {
    onEvent: ({ type, data }) => {
      if (type.startsWith("waste_kind.")) {
        void queryClient.invalidateQueries({ queryKey: queryKeys.wasteKinds });
        return;
      }
      const { building_ids: buildings, from, to } = (data ?? {}) as EventData;
      if (buildings === undefined || from === undefined || to === undefined) {
        return; // about a rule: what it makes is told by an event of its own
      }
      const span = waiting.current ?? { buildings: new Set<number>(), from, to };
      for (const building of buildings) {
        span.buildings.add(building);
      }
      span.from = spanOf(from, span.from).first;
      span.to = spanOf(to, span.to).last;
      waiting.current = span;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        waiting.current = undefined;
        const changed = [...span.buildings];
        const failed = () =>
          void queryClient.invalidateQueries({ queryKey: calendarQuery(request).queryKey });
        if (changed.length > 200) {
          failed();
        } else {
          refreshSpan(queryClient, request, { ...span, buildings: changed }).catch(failed);
        }
      }, quiet);
    },
    onGap: all,
  });
}
