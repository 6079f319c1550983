import { useQueryClient } from "@tanstack/react-query";
import { queryKeys } from "../api/query-keys";
import { useChannels } from "../realtime/live-context";

/** Reads collections, rules and kinds of waste again when somebody, wherever, changes them; for the office. */
export function useCollectionEvents(): void {
  const queryClient = useQueryClient();
  const refresh = (queryKey: readonly unknown[]) =>
    void queryClient.invalidateQueries({ queryKey });
  useChannels(["collections"], {
    onEvent: ({ type }) => {
      if (type.startsWith("waste_kind.")) {
        refresh(queryKeys.wasteKinds);
        return;
      }
      if (type.startsWith("collection_rule.")) {
        refresh(queryKeys.collectionRules);
        return;
      }
      refresh(queryKeys.collections);
    },
    onGap: () => {
      refresh(queryKeys.wasteKinds);
      refresh(queryKeys.collectionRules);
      refresh(queryKeys.collections);
    },
  });
}
