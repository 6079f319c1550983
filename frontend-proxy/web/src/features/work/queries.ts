import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { allPages } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { Run, RunDetail } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { runQuery } from "@/shared/runs/run-query";

/** The worker's own runs, two weeks back and four ahead. */
export const myRunsQuery = queryOptions({
  queryKey: queryKeys.myRuns,
  queryFn: ({ signal }) => {
    const period = { from: addDays(today(), -14), to: addDays(today(), 28) };
    // The first page is the oldest one: today may be on the second.
    return allPages<Run>((page) =>
      unwrap(api().GET("/me/runs", { params: { query: { ...period, ...page } }, signal })),
    );
  },
  // What a worker needs without network is not forgotten because no page shows it.
  gcTime: Number.POSITIVE_INFINITY,
});

/** A run as its worker does it: kept as long as the account is signed in. */
export function workRunQuery(id: number) {
  return queryOptions({ ...runQuery(id), gcTime: Number.POSITIVE_INFINITY });
}

/** Says that the worker has seen how the stops of a planned run have changed. */
export function useSeeStops(id: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (version: number): Promise<RunDetail> =>
      unwrap(api().POST("/runs/{id}/stops-seen", { params: { path: { id } }, body: { version } })),
    onSuccess: (run) => {
      queryClient.setQueryData(workRunQuery(id).queryKey, run);
      return queryClient.invalidateQueries({ queryKey: queryKeys.myRuns });
    },
  });
}
