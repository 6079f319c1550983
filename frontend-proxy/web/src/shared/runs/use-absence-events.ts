import { useQueryClient } from "@tanstack/react-query";
import { queryKeys } from "../api/query-keys";
import { useChannels } from "../realtime/live-context";
import { useNowAndThen } from "../realtime/use-now-and-then";

/** Reads anew who is needed and who is absent when an absence or a run changes, wherever; for the office. */
export function useAbsenceEvents(): void {
  const queryClient = useQueryClient();
  const readAgain = useNowAndThen(() => {
    for (const queryKey of [queryKeys.conflicts, [...queryKeys.needs, "list"]]) {
      void queryClient.invalidateQueries({ queryKey });
    }
  });
  useChannels(["absences"], {
    onEvent: () => {
      readAgain();
      void queryClient.invalidateQueries({ queryKey: queryKeys.availability });
    },
    onGap: readAgain,
  });
  // What a worker does on the way changes nothing about who is needed.
  useChannels(["runs"], {
    onEvent: ({ type }) => {
      if (type === "run.planned" || type === "run.cancelled" || type === "run.changed") {
        readAgain();
      }
    },
    onGap: readAgain,
  });
}
