import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";
import type { Building } from "../api/types";

/** One building. */
export function buildingQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "one", id],
    queryFn: ({ signal }): Promise<Building> =>
      unwrap(api().GET("/buildings/{id}", { params: { path: { id } }, signal })),
  });
}
