import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";
import type { Conflict } from "../api/types";

/** The runs that are planned on days on which their workers are absent. */
export function conflictsQuery(from: string, to: string) {
  return queryOptions({
    queryKey: [...queryKeys.conflicts, { from, to }],
    queryFn: async ({ signal }): Promise<Conflict[]> => {
      const { items } = await unwrap(
        api().GET("/planning/conflicts", { params: { query: { from, to } }, signal }),
      );
      return items;
    },
  });
}
