import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { patchQuery } from "@/shared/api/patch-query";
import { queryKeys } from "@/shared/api/query-keys";
import type { Outcome, Remark, RunDetail, StepName } from "@/shared/api/types";
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

/** Gives a planned run to somebody else; insist also when they are absent or do not work on that day. */
export function useReassign(run: RunDetail) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ workerId, insist }: { workerId: number; insist: boolean }) =>
      unwrap(
        api().PUT("/planning/runs", {
          body: {
            items: [
              {
                id: run.id,
                version: run.version,
                tour_id: run.tour.id,
                worker_id: workerId,
                date: run.date,
              },
            ],
            despite_absence: insist,
          },
        }),
      ),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: queryKeys.run(run.id) }),
        queryClient.invalidateQueries({ queryKey: queryKeys.dashboard() }),
        queryClient.invalidateQueries({ queryKey: queryKeys.weekPlans }),
        queryClient.invalidateQueries({ queryKey: queryKeys.myRuns }),
      ]),
  });
}

type VisitCorrection = {
  id: string;
  what: StepName | "outcome";
  reason: string;
  occurred_at?: string;
  outcome?: Outcome;
  outcome_reason?: string;
};

/** Corrects a time or the outcome of a visit. */
export function useCorrectVisit(id: number, buildingID: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (correction: VisitCorrection): Promise<RunDetail> =>
      unwrap(
        api().POST("/runs/{id}/visits/{buildingID}/corrections", {
          params: { path: { id, buildingID } },
          body: correction,
        }),
      ),
    onSuccess: (run) => {
      queryClient.setQueryData(runQuery(id).queryKey, run);
      return queryClient.invalidateQueries({ queryKey: queryKeys.dashboard() });
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

/** Takes a photo off what a worker wrote. */
export function useRemovePhoto(remark: Remark, pictureID: string) {
  return useRemarkChange(remark, (reason: string) =>
    unwrap(
      api().DELETE("/remarks/{id}/pictures/{pictureID}", {
        params: { path: { id: remark.id, pictureID }, query: { reason } },
      }),
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
