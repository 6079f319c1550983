import { useQueryClient } from "@tanstack/react-query";
import { patchQuery } from "../api/patch-query";
import type { RunDetail } from "../api/types";
import { useChannels } from "../realtime/live-context";
import { applyRunEvent, runEventData } from "./live";
import { runQuery } from "./run-query";

/** Keeps the cached run live while it is on screen. */
export function useRunEvents(runId: number): void {
  const queryClient = useQueryClient();
  const { queryKey } = runQuery(runId);
  useChannels([`run:${runId}`], {
    onEvent: (event) => {
      patchQuery<RunDetail>(queryClient, queryKey, (run) => applyRunEvent(run, event));
      const planned = runEventData(event).run?.status === "planned";
      if (event.type === "run.started" || (event.type === "run.changed" && planned)) {
        // The stops are those of the phone from now on, or the tour's as they are now: the event does not list them.
        void queryClient.invalidateQueries({ queryKey });
      }
      if (
        event.type.startsWith("visit.") &&
        queryClient.getQueryData<RunDetail>(queryKey)?.status === "completed"
      ) {
        // What the office corrects is listed beside the visit.
        void queryClient.invalidateQueries({ queryKey });
      }
      if (event.type.startsWith("comment.") || event.type.startsWith("manual.")) {
        // The event does not say what stands in it.
        void queryClient.invalidateQueries({ queryKey });
      }
    },
    onGap: () => void queryClient.invalidateQueries({ queryKey }),
  });
}
