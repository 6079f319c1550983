import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { patchQuery } from "@/shared/api/patch-query";
import { queryKeys } from "@/shared/api/query-keys";
import type { Remark, RunDetail } from "@/shared/api/types";
import { withRemark } from "@/shared/runs/live";
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
        queryClient.invalidateQueries({ queryKey: queryKeys.weekPlans }),
        queryClient.invalidateQueries({ queryKey: queryKeys.myRuns }),
      ]);
    },
  });
}

type Correction = { text: string; reason: string };

/** Corrects what a worker wrote. */
export function useCorrectRemark(remark: Remark) {
  return useRemarkChange(remark, ({ text, reason }: Correction) =>
    unwrap(
      api().PUT("/remarks/{id}", {
        params: { path: { id: remark.id } },
        body: { id: crypto.randomUUID(), text, reason },
      }),
    ),
  );
}

/** Takes away what a worker wrote. */
export function useDeleteRemark(remark: Remark) {
  return useRemarkChange(remark, (reason: string) =>
    unwrap(
      api().DELETE("/remarks/{id}", { params: { path: { id: remark.id }, query: { reason } } }),
    ),
  );
}

function useRemarkChange<Given>(
  { run_id: runId }: Remark,
  mutationFn: (given: Given) => Promise<Remark>,
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (remark) => {
      patchQuery<RunDetail>(queryClient, runQuery(runId).queryKey, (run) =>
        withRemark(run, remark),
      );
      return queryClient.invalidateQueries({ queryKey: queryKeys.dashboard() });
    },
  });
}
