import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";
import type { RunDetail } from "../api/types";

/** A run with its stops, visits and photos. */
export function runQuery(id: number) {
  return queryOptions({
    queryKey: queryKeys.run(id),
    queryFn: ({ signal }): Promise<RunDetail> =>
      unwrap(api().GET("/runs/{id}", { params: { path: { id } }, signal })),
  });
}
