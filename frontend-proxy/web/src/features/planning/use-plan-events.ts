import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { queryKeys } from "@/shared/api/query-keys";
import type { PlanningRun, Run, WeekPlan } from "@/shared/api/types";
import { useChannels } from "@/shared/realtime/live-context";
import { storeRuns } from "./queries";
import { type PlanRequest, weekPlanQuery } from "./week-plan-query";

// One change of many buildings or people comes as several events.
const quiet = 300;

/** Keeps the plan on screen live: runs come with their events, for anything else the plan is read anew. */
export function usePlanEvents(request: PlanRequest): void {
  const queryClient = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const readAgain = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(
      () => void queryClient.invalidateQueries({ queryKey: queryKeys.weekPlans }),
      quiet,
    );
  };
  useChannels(["runs"], {
    onEvent: ({ data }) => {
      const { run } = (data ?? {}) as { run?: Run };
      const plan = queryClient.getQueryData<WeekPlan>(weekPlanQuery(request).queryKey);
      if (run === undefined || plan === undefined) {
        return;
      }
      if (plan.runs_of_others.some(({ id }) => id === run.id)) {
        readAgain();
        return;
      }
      if (run.status === "cancelled") {
        const known = plan.runs.find(({ id }) => id === run.id);
        if (known !== undefined && known.version <= run.version) {
          storeRuns(queryClient, request, [], [run.id]);
        }
        return;
      }
      const planned = plannedOf(run, run.status);
      const strange =
        run.date >= plan.from &&
        run.date <= plan.to &&
        !(
          plan.workers.some(({ id }) => id === planned.worker_id) &&
          plan.tours.some(({ id }) => id === planned.tour_id)
        );
      storeRuns(queryClient, request, [planned]);
      if (strange) {
        readAgain(); // of a person or a tour that is not shown yet
      }
    },
    onGap: readAgain,
  });
  useChannels(["absences", "collections", "people"], { onEvent: readAgain, onGap: readAgain });
}

/** A run of a list as it is planned. */
export function plannedOf(run: Run, status: PlanningRun["status"]): PlanningRun {
  return {
    id: run.id,
    tour_id: run.tour.id,
    worker_id: run.worker.id,
    date: run.date,
    status,
    stops: run.progress.stops,
    agreed_minutes: run.agreed_minutes,
    version: run.version,
    stops_changed: run.stops_changed,
  };
}
