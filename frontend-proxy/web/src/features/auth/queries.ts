import { queryOptions } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { Account } from "@/shared/api/types";

/** The signed-in account; fails with code unauthenticated when there is none. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => unwrap(api().GET("/me", { signal })),
  staleTime: 5 * 60_000,
});

/** Opens a session; the cookie is set by the server. */
export async function signIn(credentials: { email: string; password: string }): Promise<Account> {
  const { account } = await unwrap(api().POST("/auth/sign-in", { body: credentials }));
  if (account === null) {
    throw new ApiError({ status: 200, code: "unknown", message: "sign-in answered no account" });
  }
  return account;
}

/** Ends this session. */
export async function signOut(): Promise<void> {
  await unwrap(api().POST("/auth/sign-out"));
}
