import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";

/** The buildings that the account may see, by page; for a syndic the own ones. */
export const buildingsQuery = infiniteQueryOptions({
  queryKey: ["buildings"],
  queryFn: ({ pageParam, signal }) =>
    unwrap(
      api().GET("/buildings", {
        params: { query: { limit: 100, ...(pageParam === "" ? {} : { cursor: pageParam }) } },
        signal,
      }),
    ),
  initialPageParam: "",
  getNextPageParam: (page) => (page.next_cursor === "" ? undefined : page.next_cursor),
});
