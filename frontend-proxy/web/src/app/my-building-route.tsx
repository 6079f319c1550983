import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { BuildingPage } from "@/features/buildings/building-page";
import { RoleGate } from "./role-gate";

const route = getRouteApi("/signed-in/my-buildings/$buildingId");

export function MyBuildingRoute() {
  const { buildingId } = route.useParams();
  const period = route.useSearch();
  const navigate = useNavigate();
  return (
    <RoleGate roles={["syndic"]}>
      <BuildingPage
        key={buildingId}
        id={buildingId}
        period={period}
        onPeriod={(search) =>
          void navigate({
            to: "/my-buildings/$buildingId",
            params: { buildingId },
            search,
            replace: true,
            resetScroll: false,
          })
        }
      />
    </RoleGate>
  );
}
