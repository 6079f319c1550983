import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { allPages, pagedQuery } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { Address, Building, User } from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";

export type BuildingFilter = {
  q?: string | undefined;
  region?: number | undefined;
  archived?: true | undefined;
};

/** The buildings that the account may see, in the order of the streets, by page: a syndic sees their own. */
export function buildingsQuery({ q, region, archived }: BuildingFilter = {}) {
  return pagedQuery<Building>(
    [...queryKeys.buildings, "list", { q: q ?? "", region: region ?? 0, archived: !!archived }],
    (page, signal) =>
      unwrap(
        api().GET("/buildings", {
          params: {
            query: {
              ...page,
              ...(q === undefined ? {} : { q }),
              ...(region === undefined ? {} : { region }),
              ...(archived ? { archived } : {}),
            },
          },
          signal,
        }),
      ),
  );
}

/** Who can manage buildings. */
export const syndicsQuery = queryOptions({
  queryKey: [...queryKeys.users, "syndics"],
  queryFn: async ({ signal }): Promise<User[]> => {
    const users = await allPages<User>((page) =>
      unwrap(api().GET("/users", { params: { query: { ...page, role: "syndic" } }, signal })),
    );
    return users.filter((user) => user.active);
  },
});

export type BuildingFacts = {
  region_id: number;
  name: string;
  address: Address;
  syndic_id: number | null;
  agreed_minutes: number;
  version: number;
};

// Tours carry the names of their stops.
function useBuildingMutation<Input>(change: (input: Input) => Promise<Building>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (building) => {
      queryClient.setQueryData(buildingQuery(building.id).queryKey, building);
      await Promise.all(
        [queryKeys.buildings, queryKeys.tours].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
}

/** Stores a building, a new one without an id. */
export function useSaveBuilding(id: number | undefined) {
  return useBuildingMutation((facts: BuildingFacts) =>
    id === undefined
      ? unwrap(api().POST("/buildings", { body: facts }))
      : unwrap(api().PUT("/buildings/{id}", { params: { path: { id } }, body: facts })),
  );
}

export function useArchiveBuilding(id: number) {
  return useBuildingMutation(() =>
    unwrap(api().DELETE("/buildings/{id}", { params: { path: { id } } })),
  );
}

export function useUnarchiveBuilding(id: number) {
  return useBuildingMutation(() =>
    unwrap(api().POST("/buildings/{id}/unarchive", { params: { path: { id } } })),
  );
}

/** Gives a building another public id; the present one leads nowhere any more. */
export function useRenewPublicId(id: number) {
  return useBuildingMutation(() =>
    unwrap(api().POST("/buildings/{id}/public-id", { params: { path: { id } } })),
  );
}
