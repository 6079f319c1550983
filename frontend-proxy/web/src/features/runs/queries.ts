import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { RunDetail } from "@/shared/api/types";
import { runQuery } from "@/shared/runs/run-query";

/** Calls a planned or started run off, with a reason. */
export function useCancelRun(id: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (reason: string): Promise<RunDetail> =>
      unwrap(api().POST("/runs/{id}/cancel", { params: { path: { id } }, body: { reason } })),
    onSuccess: (run) => {
      queryClient.setQueryData(runQuery(id).queryKey, run);
      return Promise.all([
        queryClient.invalidateQueries({ queryKey: queryKeys.dashboard() }),
        queryClient.invalidateQueries({ queryKey: queryKeys.plannedRuns() }),
        queryClient.invalidateQueries({ queryKey: queryKeys.myRuns }),
      ]);
    },
  });
}
