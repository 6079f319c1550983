import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";
import type { WasteKind } from "../api/types";

/** All kinds of waste in the order of their codes, archived ones too. They change once in a year. */
export const wasteKindsQuery = queryOptions({
  queryKey: queryKeys.wasteKinds,
  queryFn: async ({ signal }): Promise<WasteKind[]> =>
    (await unwrap(api().GET("/waste-kinds", { signal }))).items,
  staleTime: 5 * 60_000,
});
