import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { patchQuery } from "@/shared/api/patch-query";
import { queryKeys } from "@/shared/api/query-keys";
import type { CalendarBuilding, CalendarCollection } from "@/shared/api/types";
import { spanOf } from "@/shared/day-grid/period";
import { byBuilding, type CollectionsOf, patched, replaced } from "./rows";

/** The buildings that are shown. */
export type Place = {
  region?: number | undefined;
  tour?: number | undefined;
  building?: number[] | undefined;
};

/** What one request of the calendar asks for. */
export type CalendarRequest = Place & { from: string; to: string };

export type Calendar = {
  buildings: CalendarBuilding[];
  of: CollectionsOf;
  /** There are more buildings than one calendar shows. */
  more: boolean;
};

function load(request: CalendarRequest, signal?: AbortSignal) {
  const { from, to, region, tour, building } = request;
  return unwrap(
    api().GET("/planning/collections", {
      params: {
        query: {
          from,
          to,
          ...(region !== undefined && { region }),
          ...(tour !== undefined && { tour }),
          ...(building !== undefined && building.length > 0 && { building }),
        },
      },
      ...(signal !== undefined && { signal }),
    }),
  );
}

/** Buildings and their collections from a day to a day. */
export function calendarQuery(request: CalendarRequest) {
  return queryOptions({
    queryKey: [...queryKeys.collections, "calendar", request],
    queryFn: async ({ signal }): Promise<Calendar> => {
      const { buildings, collections, more_buildings } = await load(request, signal);
      return { buildings, of: byBuilding(collections), more: more_buildings };
    },
    // What was shown stays until what is asked for now has come.
    placeholderData: keepPreviousData,
  });
}

/** The days and buildings about which an event says that something is different. */
export type Span = { buildings: readonly number[]; from: string; to: string };

/** Reads anew what an event is about, as far as a calendar shows it, and lays it over what is known. */
export async function refreshSpan(
  queryClient: QueryClient,
  request: CalendarRequest,
  span: Span,
): Promise<void> {
  const { last: from } = spanOf(span.from, request.from);
  const { first: to } = spanOf(span.to, request.to);
  const { queryKey } = calendarQuery(request);
  const known = queryClient.getQueryData(queryKey);
  if (from > to || known === undefined) {
    return;
  }
  const shown = new Set(known.buildings.map(({ id }) => id));
  const buildings = span.buildings.filter((id) => shown.has(id));
  if (buildings.length === 0) {
    return;
  }
  const { collections } = await load({ from, to, building: buildings });
  patchQuery<Calendar>(queryClient, queryKey, (calendar) => ({
    ...calendar,
    of: replaced(calendar.of, { buildings, from, to }, collections),
  }));
}

/** Lays what the server has answered over a calendar. What lies outside of its days is left out when rows are made. */
export function storeChange(
  queryClient: QueryClient,
  request: CalendarRequest,
  changed: readonly CalendarCollection[],
  removed: readonly number[] = [],
): void {
  patchQuery<Calendar>(queryClient, calendarQuery(request).queryKey, (calendar) => ({
    ...calendar,
    of: patched(calendar.of, changed, removed),
  }));
  // Other months and places that are not on screen.
  void queryClient.invalidateQueries({ queryKey: queryKeys.collections, refetchType: "none" });
}

export type MovedTo = { collection: CalendarCollection; date: string };
export type CopiedTo = MovedTo & { building: number };

/** What is changed of several collections; what is undefined stays. */
export type SharedChange = {
  type?: string;
  note?: string;
  put_out?: boolean;
  bring_in?: boolean;
  times?: { from: string; to: string };
};

/** Moves each to its date, and changes what they have in common; all or nothing. */
export async function changeCollections(
  moves: readonly MovedTo[],
  change: SharedChange = {},
): Promise<CalendarCollection[]> {
  const { items } = await unwrap(
    api().PUT("/planning/collections", {
      body: {
        items: moves.map(({ collection, date }) => ({
          id: collection.id,
          version: collection.version,
          date,
        })),
        type: change.type ?? "",
        note: change.note ?? null,
        put_out: change.put_out ?? null,
        bring_in: change.bring_in ?? null,
        times: change.times ?? null,
      },
    }),
  );
  return items;
}

/** Copies each to its date and building; all or nothing. */
export async function copyCollections(copies: readonly CopiedTo[]): Promise<CalendarCollection[]> {
  const { items } = await unwrap(
    api().POST("/planning/collections/copies", {
      body: {
        items: copies.map(({ collection, date, building }) => ({
          id: collection.id,
          building_id: building,
          date,
        })),
      },
    }),
  );
  return items;
}

export async function deleteCollections(ids: readonly number[]): Promise<void> {
  await unwrap(api().POST("/planning/collections/delete", { body: { ids: [...ids] } }));
}

export async function restoreCollections(ids: readonly number[]): Promise<void> {
  await unwrap(api().POST("/planning/collections/restore", { body: { ids: [...ids] } }));
}
