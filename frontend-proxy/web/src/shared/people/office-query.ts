import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { allPages } from "../api/pages";
import { queryKeys } from "../api/query-keys";
import type { User } from "../api/types";

/** Who works in the office, by name. */
export const officeQuery = queryOptions({
  queryKey: [...queryKeys.users, "office"],
  queryFn: async ({ signal }): Promise<User[]> => {
    const roles = ["admin", "superstudent"] as const;
    const found = await Promise.all(
      roles.map((role) =>
        allPages<User>((page) =>
          unwrap(api().GET("/users", { params: { query: { ...page, role } }, signal })),
        ),
      ),
    );
    return found.flat().filter((user) => user.active);
  },
});
