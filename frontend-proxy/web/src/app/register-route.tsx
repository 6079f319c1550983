import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { RegisterPage } from "@/features/auth/register-page";
import { meQuery } from "@/shared/account/me-query";
import { homeOf } from "@/shared/account/roles";

const route = getRouteApi("/register");

export function RegisterRoute() {
  const { token } = route.useSearch();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  return (
    <RegisterPage
      token={token}
      onSignIn={() => void navigate({ to: "/sign-in" })}
      onRegistered={(account) => {
        queryClient.clear();
        queryClient.setQueryData(meQuery.queryKey, account);
        void navigate({ to: homeOf[account.role], replace: true });
      }}
    />
  );
}
