import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";
import type { Person } from "../api/types";

/** One person, as the office sees them. */
export function personQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.users, "one", id],
    queryFn: ({ signal }): Promise<Person> =>
      unwrap(api().GET("/users/{id}", { params: { path: { id } }, signal })),
  });
}
