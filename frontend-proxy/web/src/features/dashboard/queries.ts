import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { Dashboard, DayFeed, DayStops, DaySummary } from "@/shared/api/types";

/** A day, of one region or of all. */
export type DayFilter = { date: string; region?: number | undefined };

const query = ({ date, region }: DayFilter) => ({
  date,
  ...(region === undefined ? {} : { region }),
});

const key = ({ date, region }: DayFilter, part: string) =>
  [...queryKeys.dashboard(date), part, region ?? "all"] as const;

// Runs become late by the clock, without any event.
const refetchInterval = 60_000;

/** A day's runs with progress, lateness and last photo. */
export function dashboardQuery(day: DayFilter) {
  return queryOptions({
    queryKey: key(day, "runs"),
    queryFn: ({ signal }): Promise<Dashboard> =>
      unwrap(api().GET("/dashboard", { params: { query: query(day) }, signal })),
    refetchInterval,
  });
}

/** Where a day's runs stop. */
export function dayStopsQuery(day: DayFilter) {
  return queryOptions({
    queryKey: key(day, "stops"),
    queryFn: ({ signal }): Promise<DayStops> =>
      unwrap(api().GET("/dashboard/stops", { params: { query: query(day) }, signal })),
  });
}

/** The latest remarks, stops that were not done, and incidents of a day. */
export function dayFeedQuery(day: DayFilter, limit: number) {
  return queryOptions({
    queryKey: [...key(day, "feed"), limit],
    queryFn: ({ signal }): Promise<DayFeed> =>
      unwrap(api().GET("/dashboard/feed", { params: { query: { ...query(day), limit } }, signal })),
    refetchInterval,
  });
}

/** What became of a day. */
export function daySummaryQuery(day: DayFilter) {
  return queryOptions({
    queryKey: key(day, "summary"),
    queryFn: ({ signal }): Promise<DaySummary> =>
      unwrap(api().GET("/dashboard/summary", { params: { query: query(day) }, signal })),
  });
}

export type SummarySending = {
  id: string;
  date: string;
  region_id: number;
  user_ids: number[];
  addresses: string[];
};

/** Sends what became of a day; the same id sends once. */
export function useSendSummary() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (sending: SummarySending) =>
      unwrap(api().POST("/mail/day-summaries", { body: sending })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.mail }),
  });
}
