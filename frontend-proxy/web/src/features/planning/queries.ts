import { queryOptions } from "@tanstack/react-query";
import { allPages } from "@/shared/api/all-pages";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { RunDetail, Tour, User } from "@/shared/api/types";

/** The tours that can be planned. */
export const toursQuery = queryOptions({
  queryKey: ["tours"],
  queryFn: async ({ signal }): Promise<Tour[]> => {
    const tours = await allPages<Tour>((cursor) =>
      unwrap(
        api().GET("/tours", {
          params: { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
    );
    return tours.filter((tour) => !tour.archived);
  },
});

/** The active workers of a region: students, and superstudents who step in. */
export function workersQuery(regionId: number) {
  return queryOptions({
    queryKey: ["workers", regionId],
    queryFn: async ({ signal }): Promise<User[]> => {
      const users = await allPages<User>((cursor) =>
        unwrap(
          api().GET("/users", {
            params: {
              query: { region: regionId, limit: 200, ...(cursor === undefined ? {} : { cursor }) },
            },
            signal,
          }),
        ),
      );
      return users.filter(
        (user) => user.active && (user.role === "student" || user.role === "superstudent"),
      );
    },
  });
}

/** What is planned on a day already. */
export function plannedRunsQuery(date: string) {
  return queryOptions({
    queryKey: queryKeys.plannedRuns(date),
    queryFn: async ({ signal }) => {
      const page = await unwrap(
        api().GET("/runs", { params: { query: { from: date, to: date, limit: 200 } }, signal }),
      );
      return page.items.filter((run) => run.status !== "cancelled");
    },
  });
}

export type RunPlan = { tour_id: number; worker_id: number; date: string };

/** Plans a run. Refusals carry details.field and details.reason. */
export async function planRun(plan: RunPlan): Promise<RunDetail> {
  return unwrap(api().POST("/runs", { body: plan }));
}
