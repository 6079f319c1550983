import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useEffectEvent } from "react";
import { SignInPage } from "@/features/auth/sign-in-page";
import { meQuery } from "@/shared/account/me-query";
import { homeOf } from "@/shared/account/roles";
import { api, unwrap } from "@/shared/api/client";
import type { Account } from "@/shared/api/types";
import { noteSignIn } from "@/shared/notifications/owner";

const route = getRouteApi("/sign-in");

export function SignInRoute() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const enter = (account: Account) => {
    queryClient.clear();
    queryClient.setQueryData(meQuery.queryKey, account);
    const other = search.account !== undefined && search.account !== account.id;
    const to = other ? undefined : search.to;
    void navigate({ to: to ?? homeOf[account.role], replace: true });
  };

  // Who is signed in has nothing to do here. The server is asked, past the cache, which still knows who has just left.
  const enterIfSignedIn = useEffectEvent(async (left: { current: boolean }) => {
    const refused = queryClient.getQueryState(meQuery.queryKey)?.status === "error";
    if (search.ended || refused) {
      return;
    }
    try {
      const account = await unwrap(api().GET("/me"));
      if (!left.current) {
        enter(account);
      }
    } catch {
      // Nobody is, or nobody knows: that is what the form is for.
    }
  });
  useEffect(() => {
    const left = { current: false };
    void enterIfSignedIn(left);
    return () => {
      left.current = true;
    };
  }, []);

  return (
    <SignInPage
      ended={search.ended ?? false}
      onSignedIn={(account) => {
        noteSignIn();
        enter(account);
      }}
    />
  );
}
