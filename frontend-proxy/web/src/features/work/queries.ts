import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import { addDays, today } from "@/shared/dates";
import { runQuery } from "@/shared/runs/run-query";

/** The worker's own runs, two weeks back and four ahead. */
export const myRunsQuery = queryOptions({
  queryKey: queryKeys.myRuns,
  queryFn: async ({ signal }) => {
    const query = { from: addDays(today(), -14), to: addDays(today(), 28) };
    const page = await unwrap(api().GET("/me/runs", { params: { query }, signal }));
    return page.items;
  },
  // What a worker needs without network is not forgotten because no page shows it.
  gcTime: Number.POSITIVE_INFINITY,
});

/** A run as its worker does it: kept as long as the account is signed in. */
export function workRunQuery(id: number) {
  return queryOptions({ ...runQuery(id), gcTime: Number.POSITIVE_INFINITY });
}
