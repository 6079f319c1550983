import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import { allPages, pagedQuery } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { Invitation, Role, User } from "@/shared/api/types";

export type PeopleFilter = { q?: string | undefined; role?: Role | undefined };

/** The accounts by name, by page. */
export function usersQuery({ q, role }: PeopleFilter) {
  return pagedQuery<User>(
    [...queryKeys.users, "list", { q: q ?? "", role: role ?? "" }],
    (page, signal) =>
      unwrap(
        api().GET("/users", {
          params: {
            query: {
              ...page,
              ...(q === undefined ? {} : { q }),
              ...(role === undefined ? {} : { role }),
            },
          },
          signal,
        }),
      ),
  );
}

/** The invitations with which nobody has registered, the latest first. */
export const waitingInvitationsQuery = queryOptions({
  queryKey: queryKeys.invitations,
  queryFn: ({ signal }): Promise<Invitation[]> =>
    allPages<Invitation>((page) =>
      unwrap(
        api().GET("/invitations", { params: { query: { ...page, state: "waiting" } }, signal }),
      ),
    ),
});

export type Invited = { invitation: Invitation; token: string };

/** Invites an address, or makes a new link for it. The token comes this once. */
export function useInvite() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (request: {
      email: string;
      role: Role;
      region_ids: number[];
    }): Promise<Invited> => {
      const { invitation, token } = await unwrap(api().POST("/invitations", { body: request }));
      if (invitation === null) {
        throw new ApiError({
          status: 200,
          code: "unknown",
          message: "no invitation in the answer",
        });
      }
      return { invitation, token };
    },
    // A refusal may come from an invitation that this list does not know yet.
    onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.invitations }),
  });
}

/** Makes the link of an invitation lead nowhere. */
export function useWithdraw(id: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      try {
        await unwrap(api().DELETE("/invitations/{id}", { params: { path: { id } } }));
      } catch (error) {
        // A colleague was faster: it is as one wanted.
        if (!(error instanceof ApiError && error.code === "not_found")) {
          throw error;
        }
      }
    },
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: queryKeys.invitations }),
  });
}

/** The link that a token belongs in, at the address under which the office uses the app. */
export function registerLink(token: string): string {
  return `${window.location.origin}/register?token=${encodeURIComponent(token)}`;
}
