import { useQuery } from "@tanstack/react-query";
import { regionChoicesQuery } from "./region-choices";

/** The names of regions in one line; those that are not known yet are left out. */
export function useRegionNames(): (ids: readonly number[]) => string {
  const { data = [] } = useQuery(regionChoicesQuery);
  const names = new Map(data.map((region) => [region.id, region.name]));
  return (ids) => ids.flatMap((id) => names.get(id) ?? []).join(", ");
}
