import { useQueryClient } from "@tanstack/react-query";
import { queryKeys } from "@/shared/api/query-keys";
import { buildingQuery } from "@/shared/buildings/building-query";
import { useChannels } from "@/shared/realtime/live-context";
import {
  commentsQuery,
  historyQuery,
  manualsQuery,
  plannedVisitsQuery,
  visitsKey,
} from "./queries";

/**
 * Keeps what is seen of a building fresh while it is on screen. The office follows all buildings, because what happens to
 * notes is told there only; everybody follows the building.
 */
export function useBuildingEvents(id: number, office: boolean): void {
  const queryClient = useQueryClient();
  const refresh = (queryKey: readonly unknown[]) =>
    void queryClient.invalidateQueries({ queryKey });
  const refreshVisits = () => {
    refresh(visitsKey(id));
    refresh(plannedVisitsQuery(id).queryKey);
  };
  useChannels([...(office ? ["buildings"] : []), `building:${id}`], {
    onEvent: ({ channel, type, data }) => {
      if (/^(visit|picture|remark)\./.test(type)) {
        refreshVisits();
        return;
      }
      if (type.startsWith("incident.")) {
        refresh(queryKeys.incidents);
        return;
      }
      if (type.startsWith("collection.")) {
        // The office hears of those of all buildings.
        if (!office) {
          refresh(queryKeys.collections);
          refresh(queryKeys.collectionRules);
        }
        return;
      }
      // What all buildings tell comes by its own channel too.
      if (
        (data as { building_id?: number } | null)?.building_id !== id ||
        (office && channel !== "buildings")
      ) {
        return;
      }
      refresh(historyQuery(id).queryKey);
      if (type.startsWith("comment.")) {
        refresh(commentsQuery(id).queryKey);
      } else if (type.startsWith("manual.")) {
        refresh(manualsQuery(id).queryKey);
      } else if (type.startsWith("building.")) {
        refresh(buildingQuery(id).queryKey);
      }
    },
    onGap: () => {
      for (const query of [buildingQuery(id), commentsQuery(id), manualsQuery(id)]) {
        refresh(query.queryKey);
      }
      refresh(queryKeys.incidents);
      refresh(queryKeys.collections);
      refresh(queryKeys.collectionRules);
      refreshVisits();
    },
  });
}
