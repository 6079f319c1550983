import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { meQuery } from "@/features/auth/queries";
import { homeOf } from "@/features/auth/roles";
import { SignInPage } from "@/features/auth/sign-in-page";

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
