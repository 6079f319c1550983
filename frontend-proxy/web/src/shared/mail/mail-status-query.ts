import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";

/** Whether mail goes out, and how it goes; for the office. */
export const mailStatusQuery = queryOptions({
  queryKey: [...queryKeys.mail, "status"],
  queryFn: ({ signal }) => unwrap(api().GET("/mail/status", { signal })),
  // What waits leaves within seconds, or else it takes minutes and more.
  refetchInterval: ({ state }) => {
    const since = state.data?.waiting_since;
    return since != null && Date.now() - Date.parse(since) < 120_000 ? 3_000 : 30_000;
  },
});
