import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMe } from "@/features/auth/use-me";
import { PeoplePage } from "@/features/invitations/people-page";

const route = getRouteApi("/signed-in/office/people");

export function PeopleRoute() {
  const { q, role } = route.useSearch();
  const navigate = useNavigate();
  return (
    <PeoplePage
      me={useMe()}
      filter={{ q, role }}
      onFilter={(search) => void navigate({ to: "/people", search, replace: true })}
    />
  );
}
