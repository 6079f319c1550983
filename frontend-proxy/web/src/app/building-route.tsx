import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { BuildingPage } from "@/features/buildings/building-page";

const route = getRouteApi("/signed-in/office/manage/buildings/$buildingId");

export function BuildingRoute() {
  const { buildingId } = route.useParams();
  const { edit = false, ...period } = route.useSearch();
  const navigate = useNavigate();
  const show = (search: typeof period & { edit?: true }, replace: boolean) =>
    void navigate({
      to: "/manage/buildings/$buildingId",
      params: { buildingId },
      search,
      replace,
      resetScroll: false,
    });
  return (
    <BuildingPage
      key={buildingId}
      id={buildingId}
      period={period}
      onPeriod={(changed) => show(changed, true)}
      office={{
        editing: edit,
        onEdit: (editing) => show(editing ? { ...period, edit: true } : period, !editing),
      }}
    />
  );
}
