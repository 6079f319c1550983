import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { RunDetail } from "@/shared/api/types";

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

export type RunPlan = {
  tour_id: number;
  worker_id: number;
  date: string;
  despite_absence?: boolean;
};

/** Plans a run. Refusals carry details.field and details.reason. */
export function usePlanRun() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (plan: RunPlan): Promise<RunDetail> => unwrap(api().POST("/runs", { body: plan })),
    onSuccess: (run) =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: queryKeys.plannedRuns(run.date) }),
        queryClient.invalidateQueries({ queryKey: queryKeys.dashboard(run.date) }),
      ]),
  });
}
