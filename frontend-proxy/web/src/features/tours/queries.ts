import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { Building, Tour, TourDetail } from "@/shared/api/types";

export type TourFilter = { region?: number | undefined; archived?: true | undefined };

/** The tours by name, by page. */
export function officeToursQuery({ region, archived }: TourFilter) {
  return infiniteQueryOptions({
    queryKey: ["tours", "office", { region: region ?? 0, archived: !!archived }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api().GET("/tours", {
          params: {
            query: {
              limit: 50,
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
    select: ({ pages }): Tour[] => pages.flatMap((page) => page.items),
    placeholderData: (previous) => previous,
  });
}

export function tourQuery(id: number) {
  return queryOptions({
    queryKey: ["tours", "one", id],
    queryFn: ({ signal }): Promise<TourDetail> =>
      unwrap(api().GET("/tours/{id}", { params: { path: { id } }, signal })),
  });
}

/** Buildings of a region that could become stops. */
export function stopChoicesQuery(region: number, q: string) {
  return queryOptions({
    queryKey: ["buildings", "choices", { region, q }],
    queryFn: async ({ signal }): Promise<Building[]> => {
      const page = await unwrap(
        api().GET("/buildings", {
          params: { query: { region, limit: 50, ...(q === "" ? {} : { q }) } },
          signal,
        }),
      );
      return page.items;
    },
    placeholderData: keepPreviousData,
  });
}

export type TourFacts = { name: string; region_id: number; version: number };

/** Stores name and region of a tour, a new one without an id. */
export async function saveTour(id: number | undefined, facts: TourFacts): Promise<TourDetail> {
  return id === undefined
    ? unwrap(api().POST("/tours", { body: facts }))
    : unwrap(api().PUT("/tours/{id}", { params: { path: { id } }, body: facts }));
}

/** Replaces the stops of a tour by the buildings in this order. */
export async function putStops(
  id: number,
  stops: { building_ids: number[]; version: number },
): Promise<TourDetail> {
  return unwrap(api().PUT("/tours/{id}/stops", { params: { path: { id } }, body: stops }));
}

export async function archiveTour(id: number): Promise<TourDetail> {
  return unwrap(api().DELETE("/tours/{id}", { params: { path: { id } } }));
}

export async function unarchiveTour(id: number): Promise<TourDetail> {
  return unwrap(api().POST("/tours/{id}/unarchive", { params: { path: { id } } }));
}
