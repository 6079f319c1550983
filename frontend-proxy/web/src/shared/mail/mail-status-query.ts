import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";

/** Whether mail goes out, and how it goes; for the office. */
export const mailStatusQuery = queryOptions({
  queryKey: [...queryKeys.mail, "status"],
  queryFn: ({ signal }) => unwrap(api().GET("/mail/status", { signal })),
  refetchInterval: 30_000,
});
