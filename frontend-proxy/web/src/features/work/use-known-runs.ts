import { useQueries, useQuery } from "@tanstack/react-query";
import type { Run, RunDetail } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { myRunsQuery, workRunQuery } from "./queries";

const detailsAge = 5 * 60_000;

/**
 * The runs of today and tomorrow with their stops, by id. They are fetched before anybody opens them: in a cellar it is
 * too late. A tour that was changed comes with the next look.
 */
export function useKnownRuns(): ReadonlyMap<number, RunDetail> {
  const { data: runs } = useQuery(myRunsQuery);
  const near = (runs ?? []).filter(isNear);
  const details = useQueries({
    queries: near.map(({ id }) => ({ ...workRunQuery(id), staleTime: detailsAge })),
  });
  return new Map(
    details.flatMap(({ data }) => (data === undefined ? [] : [[data.id, data] as const])),
  );
}

/** Fetches them for a page that shows none of them. */
export function KnownRuns() {
  useKnownRuns();
  return null;
}

/** True for a run that may have to be done without network: today's, tomorrow's, and one that goes past midnight. */
export function isNear(run: Run): boolean {
  const day = today();
  const open = run.status === "planned" || run.status === "started";
  return open && run.date >= addDays(day, -1) && run.date <= addDays(day, 1);
}
