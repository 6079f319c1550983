import { useQueryClient } from "@tanstack/react-query";
import { queryKeys } from "../api/query-keys";
import { useChannels } from "../realtime/live-context";
import { useNowAndThen } from "../realtime/use-now-and-then";

/** Reads a run again when collections change: they are shown at its stops, and some are left out without; for the office. */
export function useRunCollections(runId: number): void {
  const queryClient = useQueryClient();
  const readAgain = useNowAndThen(
    () => void queryClient.invalidateQueries({ queryKey: queryKeys.run(runId) }),
  );
  useChannels(["collections"], {
    onEvent: ({ type }) => {
      if (type.startsWith("collection.")) {
        readAgain();
      }
    },
    onGap: readAgain,
  });
}
