import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { ConfirmEmailPage } from "@/features/auth/confirm-email-page";
import { meQuery } from "@/shared/account/me-query";

// After the #, so that no server and no log on the way sees the token.
export function ConfirmEmailRoute() {
  const token = useLocation({ select: (location) => location.hash });
  const queryClient = useQueryClient();
  return (
    <ConfirmEmailPage
      key={token}
      token={token}
      onConfirmed={() => void queryClient.invalidateQueries({ queryKey: meQuery.queryKey })}
    />
  );
}
