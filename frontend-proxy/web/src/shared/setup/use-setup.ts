import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";

export type SetupStep = "regions" | "buildings" | "tours" | "workers";

/** What a company must have before a run can be planned, in order; undefined when it has all of it. */
const missingStepQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: async ({ signal }): Promise<SetupStep | null> => {
    const one = { params: { query: { limit: 1 } }, signal };
    const students = { params: { query: { limit: 1, role: "student" as const } }, signal };
    const [regions, buildings, tours, workers] = await Promise.all([
      unwrap(api().GET("/regions", one)),
      unwrap(api().GET("/buildings", one)),
      unwrap(api().GET("/tours", one)),
      unwrap(api().GET("/users", students)),
    ]);
    const steps = { regions, buildings, tours, workers };
    const missing = Object.entries(steps).find(([, page]) => page.items.length === 0);
    return (missing?.[0] as SetupStep | undefined) ?? null;
  },
  // Somebody comes back from the page to which it has led.
  staleTime: 0,
});

/** The first thing that is missing to plan runs: null when nothing is, undefined while it is not known. */
export function useMissingStep(): SetupStep | null | undefined {
  const { data, isError } = useQuery(missingStepQuery);
  return isError ? null : data;
}
