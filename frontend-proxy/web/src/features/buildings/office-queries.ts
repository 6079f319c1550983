import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { allPages } from "@/shared/api/all-pages";
import { api, unwrap } from "@/shared/api/client";
import type { Address, Building, User } from "@/shared/api/types";

export type BuildingFilter = {
  q?: string | undefined;
  region?: number | undefined;
  archived?: true | undefined;
};

/** The buildings as the office sees them, in the order of the streets, by page. */
export function officeBuildingsQuery({ q, region, archived }: BuildingFilter) {
  return infiniteQueryOptions({
    queryKey: ["buildings", "office", { q: q ?? "", region: region ?? 0, archived: !!archived }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api().GET("/buildings", {
          params: {
            query: {
              limit: 50,
              ...(q === undefined ? {} : { q }),
              ...(region === undefined ? {} : { region }),
              ...(archived ? { archived } : {}),
              ...(pageParam === "" ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => (page.next_cursor === "" ? undefined : page.next_cursor),
    select: ({ pages }): Building[] => pages.flatMap((page) => page.items),
    placeholderData: (previous) => previous,
  });
}

export function buildingQuery(id: number) {
  return queryOptions({
    queryKey: ["buildings", "one", id],
    queryFn: ({ signal }): Promise<Building> =>
      unwrap(api().GET("/buildings/{id}", { params: { path: { id } }, signal })),
  });
}

/** Who can manage buildings. */
export const syndicsQuery = queryOptions({
  queryKey: ["users", "syndics"],
  queryFn: async ({ signal }): Promise<User[]> => {
    const users = await allPages<User>((cursor) =>
      unwrap(
        api().GET("/users", {
          params: {
            query: { role: "syndic", limit: 200, ...(cursor === undefined ? {} : { cursor }) },
          },
          signal,
        }),
      ),
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

/** Stores a building, a new one without an id. */
export async function saveBuilding(
  id: number | undefined,
  facts: BuildingFacts,
): Promise<Building> {
  return id === undefined
    ? unwrap(api().POST("/buildings", { body: facts }))
    : unwrap(api().PUT("/buildings/{id}", { params: { path: { id } }, body: facts }));
}

export async function archiveBuilding(id: number): Promise<Building> {
  return unwrap(api().DELETE("/buildings/{id}", { params: { path: { id } } }));
}

export async function unarchiveBuilding(id: number): Promise<Building> {
  return unwrap(api().POST("/buildings/{id}/unarchive", { params: { path: { id } } }));
}

export async function renewPublicId(id: number): Promise<Building> {
  return unwrap(api().POST("/buildings/{id}/public-id", { params: { path: { id } } }));
}
