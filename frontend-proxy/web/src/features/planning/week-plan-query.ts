import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { WeekPlan } from "@/shared/api/types";
import { addDays } from "@/shared/dates";
import { mondayOf } from "@/shared/day-grid/period";

/** What one request of the planner asks for. */
export type PlanRequest = { from: string; to: string; region?: number | undefined };

/** The days of the planner around a day. */
export function weeksAround(day: string, weeks: number): { from: string; to: string } {
  const from = mondayOf(day);
  return { from, to: addDays(from, 7 * weeks - 1) };
}

/** People, tours and runs from a day to a day, with what decides who can do what when. */
export function weekPlanQuery({ from, to, region }: PlanRequest) {
  return queryOptions({
    queryKey: [...queryKeys.weekPlans, { from, to, region }],
    queryFn: ({ signal }): Promise<WeekPlan> =>
      unwrap(
        api().GET("/planning/weeks", {
          params: { query: { from, to, ...(region !== undefined && { region }) } },
          signal,
        }),
      ),
    // What was shown stays until what is asked for now has come.
    placeholderData: keepPreviousData,
  });
}
