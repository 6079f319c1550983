import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { allPages } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { Collection, CollectionRule } from "@/shared/api/types";
import { addDays } from "@/shared/dates";

/** How many days ahead rules make their collections. */
export const daysAhead = 60;

/** What is collected at a building from a day on, as far as rules look ahead. */
export function upcomingQuery(buildingId: number, from: string) {
  return queryOptions({
    queryKey: [...queryKeys.collections, "of-building", buildingId, from],
    queryFn: ({ signal }): Promise<Collection[]> =>
      allPages<Collection>((page) =>
        unwrap(
          api().GET("/collections", {
            params: {
              query: { ...page, building: [buildingId], from, to: addDays(from, daysAhead) },
            },
            signal,
          }),
        ),
      ),
  });
}

/** The rules that are about a building, whether they name it, its tour or its region. */
export function rulesOfBuildingQuery(buildingId: number) {
  return queryOptions({
    queryKey: [...queryKeys.collectionRules, "of-building", buildingId],
    queryFn: ({ signal }): Promise<CollectionRule[]> =>
      allPages<CollectionRule>((page) =>
        unwrap(
          api().GET("/collection-rules", {
            params: { query: { ...page, building: [buildingId] } },
            signal,
          }),
        ),
      ),
  });
}

export type NewCollection = {
  type: string;
  date: string;
  note: string;
  put_out: boolean;
  bring_in: boolean;
  time_from: string;
  time_to: string;
};

/** Adds one collection at a building. */
export function useAddCollection(buildingId: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (collection: NewCollection): Promise<Collection> =>
      unwrap(
        api().POST("/collections", {
          body: { ...collection, building_id: buildingId, version: 0 },
        }),
      ),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.collections }),
  });
}
