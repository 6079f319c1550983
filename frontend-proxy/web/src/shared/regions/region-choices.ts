import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { allPages } from "../api/pages";
import { queryKeys } from "../api/query-keys";
import type { Region } from "../api/types";

/** Every region, for choices and names. */
export const regionChoicesQuery = queryOptions({
  queryKey: [...queryKeys.regions, "choices"],
  queryFn: ({ signal }): Promise<Region[]> =>
    allPages<Region>((query) => unwrap(api().GET("/regions", { params: { query }, signal }))),
});
