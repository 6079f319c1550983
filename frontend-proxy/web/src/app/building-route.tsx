import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { BuildingPage } from "@/features/buildings/building-page";
import type { Period } from "@/features/buildings/queries";

const route = getRouteApi("/signed-in/office/manage/buildings/$buildingId");

export function BuildingRoute() {
  const { buildingId } = route.useParams();
  const { edit = false, from, to, ...list } = route.useSearch();
  const period = { from, to };
  const navigate = useNavigate();
  const show = (search: Period & { edit?: true }, replace: boolean) =>
    void navigate({
      to: "/manage/buildings/$buildingId",
      params: { buildingId },
      search: { ...list, ...search },
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
        list,
        onEdit: (editing) => show(editing ? { ...period, edit: true } : period, !editing),
      }}
    />
  );
}
