import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { allPages } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { FillPreview, NeedList, ReplacePreview, Run } from "@/shared/api/types";
import type { PlanRequest } from "./week-plan-query";

function query({ from, to, region }: PlanRequest) {
  return { from, to, ...(region !== undefined && { region }) };
}

/** The runs that the rhythms of tours ask for and that nobody has. */
export function needsQuery(request: PlanRequest) {
  return queryOptions({
    queryKey: [...queryKeys.needs, "list", request],
    queryFn: ({ signal }): Promise<NeedList> =>
      unwrap(api().GET("/planning/needs", { params: { query: query(request) }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** Who could do what nobody does yet. It is asked anew each time. */
export function fillQuery({ from, to, region }: PlanRequest) {
  return queryOptions({
    queryKey: [...queryKeys.needs, "fill", { from, to, region }],
    queryFn: ({ signal }): Promise<FillPreview> =>
      unwrap(
        api().POST("/planning/fill/preview", {
          body: { from, to, region_id: region ?? 0 },
          signal,
        }),
      ),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export type ReplaceRequest = { worker_id: number; taker_id: number; from: string; to: string };

/** Who could do the runs of somebody. */
export function previewReplace(body: ReplaceRequest): Promise<ReplacePreview> {
  return unwrap(api().POST("/planning/replace/preview", { body }));
}

export type RunsToCancel = {
  from: string;
  to: string;
  tour?: number | undefined;
  worker?: number | undefined;
  region?: number | undefined;
};

/** The server changes so many runs at once. */
export const mostRuns = 1000;

/** The runs of a period that have not been done, and then those on their way; of more than can be cancelled at once not all. */
export async function openRuns(which: RunsToCancel): Promise<Run[]> {
  return [...(await runsThatAre("planned", which)), ...(await runsThatAre("started", which))];
}

function runsThatAre(
  status: "planned" | "started",
  { from, to, tour, worker, region }: RunsToCancel,
): Promise<Run[]> {
  return allPages<Run>(
    (page) =>
      unwrap(
        api().GET("/runs", {
          params: {
            query: {
              ...page,
              from,
              to,
              status,
              ...(tour !== undefined && { tour }),
              ...(worker !== undefined && { worker }),
              ...(region !== undefined && { region }),
            },
          },
        }),
      ),
    mostRuns,
  );
}
