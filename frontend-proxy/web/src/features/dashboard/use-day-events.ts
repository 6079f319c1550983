import { useQueryClient } from "@tanstack/react-query";
import { patchQuery } from "@/shared/api/patch-query";
import { queryKeys } from "@/shared/api/query-keys";
import type { Dashboard } from "@/shared/api/types";
import { useChannels } from "@/shared/realtime/live-context";
import { useNowAndThen } from "@/shared/realtime/use-now-and-then";
import { applyLiveEvent, followedRuns } from "./live";
import { type DayFilter, dashboardQuery } from "./queries";

// What changes more than the run itself, which the event carries.
const news = ["visit.outcome", "remark.created", "remark.changed", "remark.deleted"];

/** Keeps what is shown of a day as it is now. */
export function useDayEvents(day: DayFilter, dashboard: Dashboard | undefined): void {
  const queryClient = useQueryClient();
  const { queryKey } = dashboardQuery(day);
  const runs = followedRuns(dashboard?.runs ?? []);
  const readAgain = useNowAndThen(
    () => void queryClient.invalidateQueries({ queryKey: queryKeys.dashboard(day.date) }),
  );
  const readFeed = useNowAndThen(
    () =>
      void queryClient.invalidateQueries({ queryKey: [...queryKeys.dashboard(day.date), "feed"] }),
  );
  useChannels(["runs", "incidents", ...runs.map((id) => `run:${id}`)], {
    onEvent: (event) => {
      patchQuery<Dashboard>(queryClient, queryKey, (board) => applyLiveEvent(board, event));
      // Only the server knows a run that is new on this day, how late one is after its state changed, and what is open.
      if (event.channel === "runs" || event.channel === "incidents") {
        readAgain();
      } else if (news.includes(event.type)) {
        readFeed();
      }
    },
    onGap: readAgain,
  });
  // With them stops come or go on tours that leave out what has no work.
  useChannels(["collections"], {
    onEvent: ({ type }) => {
      if (type.startsWith("collection.")) {
        readAgain();
      }
    },
    onGap: readAgain,
  });
}
