import { useQueryClient } from "@tanstack/react-query";
import { queryKeys } from "../api/query-keys";
import { useChannels } from "../realtime/live-context";
import { useNowAndThen } from "../realtime/use-now-and-then";

/** Reads what is shown of people again when somebody, wherever, changes it; for the office. */
export function usePeopleEvents(): void {
  const queryClient = useQueryClient();
  const readAgain = useNowAndThen(
    () => void queryClient.invalidateQueries({ queryKey: queryKeys.users }),
  );
  useChannels(["people"], { onEvent: readAgain, onGap: readAgain });
}
