import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";

/** A day's runs with progress, lateness and last photo. */
export function dashboardQuery(date: string) {
  return queryOptions({
    queryKey: queryKeys.dashboard(date),
    queryFn: ({ signal }) =>
      unwrap(api().GET("/dashboard", { params: { query: { date } }, signal })),
    // Runs become late by the clock, without any event.
    refetchInterval: 60_000,
  });
}
