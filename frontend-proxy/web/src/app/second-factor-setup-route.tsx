import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { SecondFactorSetupPage } from "@/features/auth/second-factor-setup-page";
import { OutboxProvider } from "@/features/work/outbox/outbox-provider";
import { meQuery } from "@/shared/account/me-query";
import { useMe } from "@/shared/account/use-me";
import { useSignOut } from "./use-sign-out";

const route = getRouteApi("/second-factor-setup");

export function SecondFactorSetupRoute() {
  // Signing out stops the outbox, wherever one is.
  return (
    <OutboxProvider load="later">
      <Setup />
    </OutboxProvider>
  );
}

function Setup() {
  const { to } = route.useSearch();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  return (
    <SecondFactorSetupPage
      me={useMe()}
      onDone={async () => {
        await queryClient.fetchQuery({ ...meQuery, staleTime: 0 });
        await navigate({ to: to ?? "/", replace: true });
      }}
      leave={useSignOut()}
    />
  );
}
