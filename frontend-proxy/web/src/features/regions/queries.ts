import { queryOptions } from "@tanstack/react-query";
import { allPages } from "@/shared/api/all-pages";
import { api, unwrap } from "@/shared/api/client";
import type { Region, User } from "@/shared/api/types";

/** Every region, for choices and names. */
export const regionChoicesQuery = queryOptions({
  queryKey: ["regions", "choices"],
  queryFn: ({ signal }): Promise<Region[]> =>
    allPages<Region>((cursor) =>
      unwrap(
        api().GET("/regions", {
          params: { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
    ),
});

/** Everybody who can be given runs, by name. */
export const workingPeopleQuery = queryOptions({
  queryKey: ["users", "working"],
  queryFn: async ({ signal }): Promise<User[]> => {
    const users = await allPages<User>((cursor) =>
      unwrap(
        api().GET("/users", {
          params: { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
    );
    return users.filter((user) => user.role !== "syndic" && user.role !== "none");
  },
});

export async function createRegion(name: string): Promise<Region> {
  return unwrap(api().POST("/regions", { body: { name } }));
}

export async function renameRegion({ id, name }: Region): Promise<Region> {
  return unwrap(api().PUT("/regions/{id}", { params: { path: { id } }, body: { name } }));
}

export async function deleteRegion(id: number): Promise<void> {
  await unwrap(api().DELETE("/regions/{id}", { params: { path: { id } } }));
}

/** Says where a person works from now on. */
export async function putUserRegions(id: number, regionIds: number[]): Promise<void> {
  await unwrap(
    api().PUT("/users/{id}/regions", {
      params: { path: { id } },
      body: { region_ids: regionIds },
    }),
  );
}
