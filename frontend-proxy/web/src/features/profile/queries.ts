import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { meQuery } from "@/shared/account/me-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { AccountSession, Token } from "@/shared/api/types";
import type { Language } from "@/shared/i18n/i18n";

/** Whether signing in asks for a code. */
export const secondFactorQuery = queryOptions({
  queryKey: [...queryKeys.myAccount, "second-factor"],
  queryFn: ({ signal }) => unwrap(api().GET("/me/second-factor", { signal })),
});

/** The devices on which one is signed in: this one, then the one used last. */
export const sessionsQuery = queryOptions({
  queryKey: [...queryKeys.myAccount, "sessions"],
  queryFn: async ({ signal }): Promise<AccountSession[]> =>
    (await unwrap(api().GET("/me/sessions", { signal }))).items.toSorted(
      (one, other) => Number(other.current) - Number(one.current),
    ),
});

/** The tokens of one's programs, the latest first. */
export const tokensQuery = queryOptions({
  queryKey: [...queryKeys.myAccount, "tokens"],
  queryFn: async ({ signal }): Promise<Token[]> =>
    (await unwrap(api().GET("/me/tokens", { signal }))).items,
});

export type Details = { first_name: string; last_name: string; phone: string; language: Language };

/** Changes who one is. */
export function useSaveDetails() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (details: Details) => unwrap(api().PUT("/me", { body: details })),
    onSuccess: (account) => queryClient.setQueryData(meQuery.queryKey, account),
  });
}

/** Asks for another address to sign in with; answers the one that waits to be confirmed, "" when none does. */
export function useChangeEmail() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (change: { email: string; password: string }) =>
      (await unwrap(api().PUT("/me/email", { body: change }))).new_email,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
}

/** Changes the password; answers how many other devices were signed out. */
export function useChangePassword() {
  const queryClient = useQueryClient();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (change: { current_password: string; new_password: string }) =>
      (await unwrap(api().PUT("/me/password", { body: change }))).sessions_ended,
    // A new address that waited to be confirmed was taken back with it.
    onSuccess: () =>
      Promise.all([refresh(), queryClient.invalidateQueries({ queryKey: meQuery.queryKey })]),
  });
}

/** Makes new recovery codes; those of before do not work any more. */
export function useRenewRecoveryCodes() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (password: string) =>
      (await unwrap(api().POST("/me/recovery-codes", { body: { password } }))).recovery_codes,
    onSuccess: () => void refresh(),
  });
}

/** Makes signing in ask for no code any more. */
export function useRemoveSecondFactor() {
  return useMutation({
    mutationFn: (confirmation: { password: string; code: string }) =>
      unwrap(api().POST("/me/second-factor/remove", { body: confirmation })),
  });
}

/** Signs a device out. */
export function useEndSession(id: number) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () =>
      unlessGone(unwrap(api().DELETE("/me/sessions/{id}", { params: { path: { id } } }))),
    onSuccess: refresh,
  });
}

/** Signs all other devices out; answers how many there were. */
export function useEndOtherSessions() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async () => (await unwrap(api().DELETE("/me/sessions"))).sessions_ended,
    onSuccess: refresh,
  });
}

export type MadeToken = { name: string; secret: string };

/** Makes a token. Its secret comes this once. */
export function useMakeToken() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (token: {
      name: string;
      scope: "read" | "write";
      days: number;
      password: string;
    }): Promise<MadeToken> => {
      const { secret } = await unwrap(api().POST("/me/tokens", { body: token }));
      return { name: token.name, secret };
    },
    onSuccess: () => void refresh(),
  });
}

/** Makes a token good for nothing. */
export function useWithdrawToken(id: number) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () =>
      unlessGone(unwrap(api().DELETE("/me/tokens/{id}", { params: { path: { id } } }))),
    onSuccess: refresh,
  });
}

function useRefresh() {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: queryKeys.myAccount });
}

/** Another window was faster: it is as one wanted. */
async function unlessGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "not_found")) {
      throw error;
    }
  }
}
