import type { QueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { patchQuery } from "@/shared/api/patch-query";
import { queryKeys } from "@/shared/api/query-keys";
import type { PlanningRun, WeekPlan } from "@/shared/api/types";
import { patched, type RunPlace } from "./plan";
import { type PlanRequest, weekPlanQuery } from "./week-plan-query";

/** Lays what the server has answered or told over a plan. */
export function storeRuns(
  queryClient: QueryClient,
  request: PlanRequest,
  changed: readonly PlanningRun[],
  removed: readonly number[] = [],
): void {
  patchQuery<WeekPlan>(queryClient, weekPlanQuery(request).queryKey, (plan) => ({
    ...plan,
    runs: patched(plan.runs, changed, removed, plan),
  }));
  // Other weeks and regions that are not on screen, and what else shows runs.
  void queryClient.invalidateQueries({ queryKey: queryKeys.weekPlans, refetchType: "none" });
  void queryClient.invalidateQueries({ queryKey: queryKeys.dashboard() });
}

export type MovedRun = { run: PlanningRun; to: RunPlace };

/** Moves each to its place, all or nothing. The answer is in the order of the request. */
export async function changeRuns(moves: readonly MovedRun[], despiteAbsence: boolean) {
  const { items } = await unwrap(
    api().PUT("/planning/runs", {
      body: {
        items: moves.map(({ run: { id, version }, to }) => ({ id, version, ...to })),
        despite_absence: despiteAbsence,
      },
    }),
  );
  return items;
}

/** Plans each, all or nothing; the ids are in the order of the request. */
export async function planRuns(
  runs: readonly RunPlace[],
  despiteAbsence: boolean,
  onlyNeeded: boolean,
) {
  const { ids } = await unwrap(
    api().POST("/planning/runs", {
      body: { runs: [...runs], despite_absence: despiteAbsence, only_needed: onlyNeeded },
    }),
  );
  return ids;
}

export async function cancelRuns(
  runs: readonly { id: number; version: number }[],
  reason: string,
): Promise<void> {
  await unwrap(
    api().POST("/planning/runs/cancel", {
      body: { items: runs.map(({ id, version }) => ({ id, version })), reason },
    }),
  );
}
