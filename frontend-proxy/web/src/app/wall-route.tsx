import { getRouteApi } from "@tanstack/react-router";
import { WallPage } from "@/features/dashboard/wall-page";
import { useToday } from "@/shared/use-today";

const route = getRouteApi("/signed-in/office/wall");

export function WallRoute() {
  const { region } = route.useSearch();
  return <WallPage date={useToday()} region={region} />;
}
