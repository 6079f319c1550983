import { queryOptions } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Account } from "@/shared/api/types";
import type { Language } from "@/shared/i18n/i18n";

/** Opens a session; the cookie is set by the server. No account in the answer: the second factor is asked for next. */
export async function signIn(credentials: {
  email: string;
  password: string;
}): Promise<Account | undefined> {
  const { account, state } = await unwrap(api().POST("/auth/sign-in", { body: credentials }));
  return state === "second_factor" ? undefined : accountIn(account);
}

function accountIn(account: Account | null): Account {
  if (account === null) {
    throw new ApiError({ status: 200, code: "unknown", message: "no account in the answer" });
  }
  return account;
}

/** The second step of signing in. */
export async function giveSecondFactor(factor: { code: string; remember_device: boolean }) {
  const answer = await unwrap(api().POST("/auth/second-factor", { body: factor }));
  return {
    account: accountIn(answer.account),
    recoveryCodeUsed: answer.recovery_code_used,
    recoveryCodesLeft: answer.recovery_codes_left,
  };
}

/** Ends this session. */
export async function signOut(): Promise<void> {
  await unwrap(api().POST("/auth/sign-out"));
}

/** Who is invited by the link with this token, and as what. Fails with the reason when the link is no good any more. */
export function invitationQuery(token: string) {
  return queryOptions({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => unwrap(api().POST("/auth/invitation", { body: { token }, signal })),
    // What somebody is filling in does not vanish because of a look at another window.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
}

export type Registration = {
  token: string;
  first_name: string;
  last_name: string;
  password: string;
  phone: string;
  language: Language;
};

/** Makes an account from an invitation and opens its session. Refusals carry details.field and details.reason. */
export async function register(registration: Registration): Promise<Account> {
  return accountIn((await unwrap(api().POST("/auth/register", { body: registration }))).account);
}

/** Asks for a mail with a link to choose a new password. The answer is the same when nobody has the address. */
export async function forgotPassword(email: string): Promise<void> {
  await unwrap(api().POST("/auth/forgot-password", { body: { email } }));
}

/** Whose password the link with this token changes. Fails with the reason when the link is no good any more. */
export function resetQuery(token: string) {
  return queryOptions({
    queryKey: ["password-reset", token],
    queryFn: ({ signal }) => unwrap(api().POST("/auth/reset-token", { body: { token }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
}

/** Chooses a new password with a link; answers how many devices were signed out. */
export function resetPassword(choice: { token: string; password: string }) {
  return unwrap(api().POST("/auth/reset-password", { body: choice }));
}

/** Makes the new address of the mail with this token the one to sign in with. */
export function confirmEmail(token: string): Promise<{ email: string }> {
  return unwrap(api().POST("/auth/confirm-email", { body: { token } }));
}
