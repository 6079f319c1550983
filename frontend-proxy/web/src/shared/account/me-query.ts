import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";

/** The signed-in account; fails with code unauthenticated when there is none. */
export const meQuery = queryOptions({
  queryKey: queryKeys.me,
  queryFn: ({ signal }) => unwrap(api().GET("/me", { signal })),
  staleTime: 5 * 60_000,
  // Without network nothing else tells who is working here.
  gcTime: Number.POSITIVE_INFINITY,
});
