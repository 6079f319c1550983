import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { SignInPage } from "@/features/auth/sign-in-page";
import { meQuery } from "@/shared/account/me-query";
import { homeOf } from "@/shared/account/roles";

const route = getRouteApi("/sign-in");

export function SignInRoute() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  return (
    <SignInPage
      ended={search.ended ?? false}
      onSignedIn={(account) => {
        queryClient.clear();
        queryClient.setQueryData(meQuery.queryKey, account);
        const other = search.account !== undefined && search.account !== account.id;
        const to = other ? undefined : search.to;
        void navigate({ to: to ?? homeOf[account.role], replace: true });
      }}
    />
  );
}
