import { type QueryClient, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { AccountStatus } from "@/shared/account/status";
import { ApiError, api, unwrap } from "@/shared/api/client";
import { allPages, pagedQuery } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { Invitation, Person, Role, Run, User } from "@/shared/api/types";
import { personQuery } from "@/shared/people/person-query";
import { changedMeanwhile } from "@/shared/refusals";

export type PeopleFilter = {
  q?: string | undefined;
  role?: Role | undefined;
  region?: number | undefined;
  status?: AccountStatus | undefined;
};

/** The accounts by name, by page. */
export function usersQuery({ q, role, region, status }: PeopleFilter) {
  return pagedQuery<User>(
    [
      ...queryKeys.users,
      "list",
      { q: q ?? "", role: role ?? "", region: region ?? 0, status: status ?? "" },
    ],
    (page, signal) =>
      unwrap(
        api().GET("/users", {
          params: {
            query: {
              ...page,
              ...(q === undefined ? {} : { q }),
              ...(role === undefined ? {} : { role }),
              ...(region === undefined ? {} : { region }),
              ...(status === undefined ? {} : { status }),
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

function invitedOf({
  invitation,
  token,
}: {
  invitation: Invitation | null;
  token: string;
}): Invited {
  if (invitation === null) {
    throw new ApiError({ status: 200, code: "unknown", message: "no invitation in the answer" });
  }
  return { invitation, token };
}

/** Invites an address. The token comes this once. */
export function useInvite() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (request: {
      email: string;
      role: Role;
      region_ids: number[];
    }): Promise<Invited> => invitedOf(await unwrap(api().POST("/invitations", { body: request }))),
    // A refusal may come from an invitation that this list does not know yet.
    onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.invitations }),
  });
}

/** Makes a new link for an invitation; the one from before leads nowhere. The token comes this once. */
export function useRenew() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (id: number): Promise<Invited> =>
      invitedOf(await unwrap(api().POST("/invitations/{id}/renew", { params: { path: { id } } }))),
    // A refusal tells that the person has registered, or that a colleague has withdrawn it.
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

/** The runs that a person still has to do, by date. Never from the cache: each of them must be spoken of. */
export function openRunsQuery(id: number) {
  return queryOptions({
    queryKey: [...queryKeys.users, "open-runs", id],
    queryFn: async ({ signal }): Promise<Run[]> =>
      (await unwrap(api().GET("/users/{id}/open-runs", { params: { path: { id } }, signal })))
        .items,
    staleTime: 0,
    gcTime: 0,
  });
}

export type PersonFacts = Pick<Person, "first_name" | "last_name" | "phone" | "language">;

/** What the form of a person changes. */
export function factsOf({ first_name, last_name, phone, language }: PersonFacts): PersonFacts {
  return { first_name, last_name, phone, language };
}

/** Stores who a person is, unless somebody else has changed that since the version was read. */
export function useChangePerson(id: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: PersonFacts & { version: number }): Promise<Person> =>
      unwrap(api().PUT("/users/{id}", { params: { path: { id } }, body })),
    onSuccess: (person) => {
      queryClient.setQueryData(personQuery(id).queryKey, person);
      // Runs carry the name and the phone of who does them.
      return forgetPeople(queryClient);
    },
    onError: (error) => {
      if (changedMeanwhile(error)) {
        void queryClient.invalidateQueries({ queryKey: personQuery(id).queryKey });
      }
    },
  });
}

/** Lists with people, and with the runs that they do, are read again. */
function forgetPeople(queryClient: QueryClient): Promise<unknown> {
  return Promise.all(
    [queryKeys.users, queryKeys.dashboard(), queryKeys.weekPlans, queryKeys.myRuns, ["run"]].map(
      (queryKey) => queryClient.invalidateQueries({ queryKey }),
    ),
  );
}

function usePersonMutation<Input = void>(change: (input: Input) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    // After a refusal too: it may come from what this page does not know yet.
    onSettled: () => forgetPeople(queryClient),
  });
}

export function usePutRole(id: number) {
  return usePersonMutation((role: Role) =>
    unwrap(api().PUT("/users/{id}/role", { params: { path: { id } }, body: { role } })),
  );
}

export function usePutRegions(id: number) {
  return usePersonMutation((region_ids: number[]) =>
    unwrap(api().PUT("/users/{id}/regions", { params: { path: { id } }, body: { region_ids } })),
  );
}

/** Turns the second factor of who has lost it off. */
export function useResetSecondFactor(id: number) {
  return usePersonMutation(() =>
    unwrap(api().DELETE("/users/{id}/second-factor", { params: { path: { id } } })),
  );
}

export type RunDecision =
  | { run_id: number; worker_id: number }
  | { run_id: number; cancel: true; reason: string };

/** Deactivates a person and does with each of their runs what was decided, all or nothing. */
export function useDeactivate(id: number) {
  return usePersonMutation((runs: RunDecision[]) =>
    unwrap(api().POST("/users/{id}/deactivate", { params: { path: { id } }, body: { runs } })),
  );
}

export function useReactivate(id: number) {
  return usePersonMutation(() =>
    unwrap(api().POST("/users/{id}/reactivate", { params: { path: { id } } })),
  );
}

/** Takes out who a person was, for good. */
export function useAnonymise(id: number) {
  return usePersonMutation(() =>
    unwrap(api().POST("/users/{id}/anonymise", { params: { path: { id } } })),
  );
}
