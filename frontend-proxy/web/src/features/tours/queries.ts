import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { pagedQuery } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { Building, Tour, TourDetail, TourVersion } from "@/shared/api/types";
import { addDays } from "@/shared/dates";
import type { StoredRhythm } from "@/shared/rhythm/rhythm-values";

export type TourFilter = { region?: number | undefined; archived?: true | undefined };

/** The tours by name, by page. */
export function toursQuery({ region, archived }: TourFilter) {
  return pagedQuery<Tour>(
    [...queryKeys.tours, "list", { region: region ?? 0, archived: !!archived }],
    (page, signal) =>
      unwrap(
        api().GET("/tours", {
          params: {
            query: {
              ...page,
              ...(region === undefined ? {} : { region }),
              ...(archived ? { archived } : {}),
            },
          },
          signal,
        }),
      ),
  );
}

export function tourQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.tours, "one", id],
    queryFn: ({ signal }): Promise<TourDetail> =>
      unwrap(api().GET("/tours/{id}", { params: { path: { id } }, signal })),
  });
}

/** Buildings of a region that could become stops. */
export function stopChoicesQuery(region: number, q: string) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "choices", { region, q }],
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

function storeTour(queryClient: QueryClient, tour: TourDetail): void {
  queryClient.setQueryData(tourQuery(tour.id).queryKey, tour);
  void queryClient.invalidateQueries({ queryKey: queryKeys.tours });
}

function useTourMutation<Input>(change: (input: Input) => Promise<TourDetail>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (tour) => storeTour(queryClient, tour),
  });
}

export type TourFacts = {
  name: string;
  region_id: number;
  hide_idle_stops: boolean;
  version: number;
};

/** Stores name and region of a tour, of a new one without an id. */
export function useSaveTour(id: number | undefined) {
  return useTourMutation((facts: TourFacts) =>
    id === undefined
      ? unwrap(api().POST("/tours", { body: facts }))
      : unwrap(api().PUT("/tours/{id}", { params: { path: { id } }, body: facts })),
  );
}

/** What the stops of a tour were, the newest version first. */
export function tourVersionsQuery(id: number) {
  return pagedQuery<TourVersion>([...queryKeys.tours, "versions", id], (page, signal) =>
    unwrap(
      api().GET("/tours/{id}/versions", {
        params: { path: { id }, query: { ...page, limit: 20 } },
        signal,
      }),
    ),
  );
}

/** Gives a tour the stops of a version again. */
export function useRestoreVersion(tour: TourDetail) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (number: number) =>
      unwrap(
        api().POST("/tours/{id}/versions/{number}/restore", {
          params: { path: { id: tour.id, number } },
          body: { version: tour.version },
        }),
      ),
    onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.tours }),
  });
}

/** What there is to do at a stop on a day: kinds that go inside again, of collections of that day, and that go outside. */
export type StopWork = { today: string[]; tomorrow: string[]; work: boolean };

/** What is collected at the stops of a tour on a day and the next one, by building. */
export function tourWorkQuery(tour: number, day: string) {
  const next = addDays(day, 1);
  return queryOptions({
    queryKey: [...queryKeys.collections, "tour", tour, day],
    queryFn: async ({ signal }): Promise<Map<number, StopWork>> => {
      const { collections } = await unwrap(
        api().GET("/planning/collections", {
          params: { query: { tour, from: day, to: next } },
          signal,
        }),
      );
      const work = new Map<number, StopWork>();
      for (const { building_id: id, date, type, put_out: out, bring_in: inside } of collections) {
        const of = work.get(id) ?? { today: [], tomorrow: [], work: false };
        (date === day ? of.today : of.tomorrow).push(type);
        // As the server tells stops without work (has_work).
        of.work ||= out || (date === day && inside);
        work.set(id, of);
      }
      return work;
    },
    placeholderData: keepPreviousData,
  });
}

/** An order of stops with less way between them; nothing is stored. */
export function orderQuery(tour: number, building_ids: number[], keep_first: boolean) {
  return queryOptions({
    queryKey: [...queryKeys.tours, "order", tour, { building_ids, keep_first }],
    queryFn: ({ signal }) =>
      unwrap(
        api().POST("/planning/tours/{id}/order", {
          params: { path: { id: tour } },
          body: { building_ids, keep_first },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

/** Replaces the stops of a tour by the buildings in this order. */
export function usePutStops(id: number) {
  return useTourMutation((stops: { building_ids: number[]; version: number }) =>
    unwrap(api().PUT("/tours/{id}/stops", { params: { path: { id } }, body: stops })),
  );
}

export type RhythmFacts = StoredRhythm & { usual_walker_ids: number[]; version: number };

/** Says on which days a tour is walked, and who usually does it. */
export function usePutRhythm(id: number) {
  return useTourMutation((rhythm: RhythmFacts) =>
    unwrap(api().PUT("/tours/{id}/rhythm", { params: { path: { id } }, body: rhythm })),
  );
}

export function useArchiveTour(id: number) {
  return useTourMutation(() => unwrap(api().DELETE("/tours/{id}", { params: { path: { id } } })));
}

export function useUnarchiveTour(id: number) {
  return useTourMutation(() =>
    unwrap(api().POST("/tours/{id}/unarchive", { params: { path: { id } } })),
  );
}
