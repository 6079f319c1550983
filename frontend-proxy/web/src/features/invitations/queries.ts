import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { allPages } from "@/shared/api/all-pages";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Invitation, Role, User } from "@/shared/api/types";

export type PeopleFilter = { q?: string | undefined; role?: Role | undefined };

/** The accounts by name, by page. */
export function usersQuery({ q, role }: PeopleFilter) {
  return infiniteQueryOptions({
    queryKey: ["users", { q: q ?? "", role: role ?? "" }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api().GET("/users", {
          params: {
            query: {
              limit: 50,
              ...(q === undefined ? {} : { q }),
              ...(role === undefined ? {} : { role }),
              ...(pageParam === "" ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => (page.next_cursor === "" ? undefined : page.next_cursor),
    select: ({ pages }): User[] => pages.flatMap((page) => page.items),
    placeholderData: (previous) => previous,
  });
}

/** The invitations with which nobody has registered, the latest first. */
export const waitingInvitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: ({ signal }): Promise<Invitation[]> =>
    allPages<Invitation>((cursor) =>
      unwrap(
        api().GET("/invitations", {
          params: {
            query: { state: "waiting", limit: 200, ...(cursor === undefined ? {} : { cursor }) },
          },
          signal,
        }),
      ),
    ),
});

export type Invited = { invitation: Invitation; token: string };

/** Invites an address, or makes a new link for it. The token comes this once. */
export async function invite(request: {
  email: string;
  role: Role;
  region_ids: number[];
}): Promise<Invited> {
  const { invitation, token } = await unwrap(api().POST("/invitations", { body: request }));
  if (invitation === null) {
    throw new ApiError({ status: 200, code: "unknown", message: "no invitation in the answer" });
  }
  return { invitation, token };
}

/** Makes the link of an invitation lead nowhere. */
export async function withdraw(id: number): Promise<void> {
  await unwrap(api().DELETE("/invitations/{id}", { params: { path: { id } } }));
}

/** The link that a token belongs in, at the address under which the office uses the app. */
export function registerLink(token: string): string {
  return `${window.location.origin}/register?token=${encodeURIComponent(token)}`;
}
