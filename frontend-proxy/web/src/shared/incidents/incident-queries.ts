import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { pagedQuery } from "../api/pages";
import { queryKeys } from "../api/query-keys";
import type { Incident, IncidentCounts, IncidentDetail } from "../api/types";
import { useChannels } from "../realtime/live-context";
import type { IncidentKind, incidentStatuses } from "./words";

export type IncidentFilter = {
  /** Undefined for those that are not resolved. */
  status?: (typeof incidentStatuses)[number] | "all" | undefined;
  kind?: IncidentKind | undefined;
  region?: number | undefined;
  building?: number | undefined;
  responsible?: number | undefined;
  q?: string | undefined;
};

/** The incidents that the account may see, the latest first, by page. */
export function incidentsQuery({
  status = "unresolved",
  kind,
  region,
  building,
  responsible,
  q,
}: IncidentFilter) {
  const filter = {
    ...(status === "all" ? {} : { status }),
    ...(kind === undefined ? {} : { kind }),
    ...(region === undefined ? {} : { region }),
    ...(building === undefined ? {} : { building }),
    ...(responsible === undefined ? {} : { responsible }),
    ...(q === undefined ? {} : { q }),
  };
  return pagedQuery<Incident>([...queryKeys.incidents, "list", filter], (page, signal) =>
    unwrap(api().GET("/incidents", { params: { query: { ...page, ...filter } }, signal })),
  );
}

/** One incident with its photos and what became of it. */
export function incidentQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.incidents, "one", id],
    queryFn: ({ signal }): Promise<IncidentDetail> =>
      unwrap(api().GET("/incidents/{id}", { params: { path: { id } }, signal })),
  });
}

/** How many incidents wait for the office. */
export const incidentCountsQuery = queryOptions({
  queryKey: [...queryKeys.incidents, "counts"],
  queryFn: ({ signal }): Promise<IncidentCounts> =>
    unwrap(api().GET("/incident-counts", { signal })),
});

/** Reads incidents again when something happens to one, wherever; for the office. */
export function useIncidentEvents(): void {
  const queryClient = useQueryClient();
  const readAgain = () => void queryClient.invalidateQueries({ queryKey: queryKeys.incidents });
  useChannels(["incidents"], { onEvent: readAgain, onGap: readAgain });
}
