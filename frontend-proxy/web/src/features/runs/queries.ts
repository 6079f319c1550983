import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import type { RunDetail } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";

/** A run with its stops, visits and photos. */
export function runQuery(id: number) {
  return queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }): Promise<RunDetail> =>
      unwrap(api().GET("/runs/{id}", { params: { path: { id } }, signal })),
  });
}

/** The worker's own runs, two weeks back and four ahead. */
export const myRunsQuery = queryOptions({
  queryKey: ["my-runs"],
  queryFn: async ({ signal }) => {
    const query = { from: addDays(today(), -14), to: addDays(today(), 28) };
    const page = await unwrap(api().GET("/me/runs", { params: { query }, signal }));
    return page.items;
  },
});

/** Calls a planned or started run off; the office only. */
export async function cancelRun(id: number, reason: string): Promise<RunDetail> {
  return unwrap(api().POST("/runs/{id}/cancel", { params: { path: { id } }, body: { reason } }));
}
