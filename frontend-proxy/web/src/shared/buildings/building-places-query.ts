import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";
import type { Place } from "../map/projection";

export type BuildingPlace = { id: number; regionId: number; place: Place; address: string };

/** Where the buildings of a region are, of all regions without one, and how many of each are on no map yet. */
export function buildingPlacesQuery(region?: number) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "places", { region: region ?? 0 }],
    queryFn: async ({ signal }) => {
      const { regions, complete, ids, region_ids, latitudes, longitudes, addresses } = await unwrap(
        api().GET("/building-places", {
          params: { query: region === undefined ? {} : { region } },
          signal,
        }),
      );
      const points = ids.map(
        (id, row): BuildingPlace => ({
          id,
          regionId: region_ids[row] ?? 0,
          place: { latitude: latitudes[row] ?? 0, longitude: longitudes[row] ?? 0 },
          address: addresses[row] ?? "",
        }),
      );
      return { regions, complete, points };
    },
  });
}
