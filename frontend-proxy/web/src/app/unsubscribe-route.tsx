import { getRouteApi } from "@tanstack/react-router";
import { UnsubscribePage } from "@/features/mail/unsubscribe-page";

const route = getRouteApi("/unsubscribe");

export function UnsubscribeRoute() {
  const { token } = route.useSearch();
  return <UnsubscribePage key={token} token={token ?? ""} />;
}
