import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { PeoplePage } from "@/features/people/people-page";
import { useMe } from "@/shared/account/use-me";

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
