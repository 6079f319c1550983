import { useLocation } from "@tanstack/react-router";
import { ResetPasswordPage } from "@/features/auth/reset-password-page";

// After the #, so that no server and no log on the way sees the token.
export function ResetPasswordRoute() {
  const token = useLocation({ select: (location) => location.hash });
  return <ResetPasswordPage key={token} token={token} />;
}
