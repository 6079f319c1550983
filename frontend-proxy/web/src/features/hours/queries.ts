import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { Hours } from "@/shared/api/types";
import { weeksOf } from "./months";

/** What a worker worked in the weeks of a month, for the office. */
export function workerHoursQuery(id: number, month: string) {
  return queryOptions({
    queryKey: [...queryKeys.users, "hours", id, month],
    queryFn: ({ signal }): Promise<Hours> =>
      unwrap(
        api().GET("/workers/{id}/hours", {
          params: { path: { id }, query: weeksOf(month) },
          signal,
        }),
      ),
  });
}

/** What one worked in the weeks of a month; the months that were looked at stay on the device. */
export function myHoursQuery(month: string) {
  return queryOptions({
    queryKey: [...queryKeys.myHours, month],
    queryFn: ({ signal }): Promise<Hours> =>
      unwrap(api().GET("/me/hours", { params: { query: weeksOf(month) }, signal })),
    gcTime: Number.POSITIVE_INFINITY,
  });
}
