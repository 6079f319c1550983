import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Availability } from "@/features/availability/availability";
import { WorkerHours } from "@/features/hours/worker-hours";
import { PersonPage } from "@/features/people/person-page";
import { useMe } from "@/shared/account/use-me";

const route = getRouteApi("/signed-in/office/people/$personId");

export function PersonRoute() {
  const { personId } = route.useParams();
  const { edit = false, ...list } = route.useSearch();
  const navigate = useNavigate();
  return (
    <PersonPage
      key={personId}
      id={personId}
      me={useMe()}
      list={list}
      availability={
        <>
          <Availability workerId={personId} byOffice />
          <WorkerHours workerId={personId} />
        </>
      }
      editing={edit}
      onEdit={(editing) =>
        void navigate({
          to: "/people/$personId",
          params: { personId },
          search: editing ? { ...list, edit: true } : list,
          replace: !editing,
          resetScroll: false,
        })
      }
    />
  );
}
