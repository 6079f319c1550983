import { queryOptions } from "@tanstack/react-query";
import { workers } from "../account/roles";
import { api, unwrap } from "../api/client";
import { allPages } from "../api/pages";
import { queryKeys } from "../api/query-keys";
import type { User } from "../api/types";

/** Everybody who can be given runs, by name: of one region, or of all. */
export function workersQuery(region?: number) {
  return queryOptions({
    queryKey: [...queryKeys.users, "workers", region ?? "all"],
    queryFn: async ({ signal }): Promise<User[]> => {
      const users = await allPages<User>((page) =>
        unwrap(
          api().GET("/users", {
            params: { query: { ...page, ...(region === undefined ? {} : { region }) } },
            signal,
          }),
        ),
      );
      return users.filter((user) => user.active && workers.includes(user.role));
    },
  });
}
