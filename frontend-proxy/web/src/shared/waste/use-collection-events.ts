import { useQueryClient } from "@tanstack/react-query";
import { queryKeys } from "../api/query-keys";
import { useChannels } from "../realtime/live-context";
import { useNowAndThen } from "../realtime/use-now-and-then";

/**
 * Reads collections, rules and kinds of waste again when somebody, wherever, changes them; for the office. A rule that makes
 * thousands of collections is told in many events.
 */
export function useCollectionEvents(): void {
  const queryClient = useQueryClient();
  const refresh = (queryKey: readonly unknown[]) =>
    void queryClient.invalidateQueries({ queryKey });
  const kinds = useNowAndThen(() => refresh(queryKeys.wasteKinds));
  const rules = useNowAndThen(() => refresh(queryKeys.collectionRules));
  const collections = useNowAndThen(() => refresh(queryKeys.collections));
  useChannels(["collections"], {
    onEvent: ({ type }) => {
      if (type.startsWith("waste_kind.")) {
        kinds();
        return;
      }
      if (type.startsWith("collection_rule.")) {
        rules();
        return;
      }
      collections();
    },
    onGap: () => {
      kinds();
      rules();
      collections();
    },
  });
}
