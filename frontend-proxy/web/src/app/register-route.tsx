import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { meQuery } from "@/features/auth/queries";
import { RegisterPage } from "@/features/auth/register-page";
import { homeOf } from "@/features/auth/roles";

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
