import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { allPages } from "../api/pages";
import { queryKeys } from "../api/query-keys";
import type { Tour } from "../api/types";

/** The tours that are in use, for choices and names. */
export const tourChoicesQuery = queryOptions({
  queryKey: [...queryKeys.tours, "choices"],
  queryFn: async ({ signal }): Promise<Tour[]> => {
    const tours = await allPages<Tour>((query) =>
      unwrap(api().GET("/tours", { params: { query }, signal })),
    );
    return tours.filter((tour) => !tour.archived);
  },
});
