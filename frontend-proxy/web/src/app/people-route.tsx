import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { PeoplePage } from "@/features/people/people-page";
import { useMe } from "@/shared/account/use-me";

const route = getRouteApi("/signed-in/office/people");

export function PeopleRoute() {
  const navigate = useNavigate();
  return (
    <PeoplePage
      me={useMe()}
      filter={route.useSearch()}
      onFilter={(search) => void navigate({ to: "/people", search, replace: true })}
    />
  );
}
