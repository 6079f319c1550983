import { getRouteApi } from "@tanstack/react-router";
import { PlanPage } from "@/features/planning/plan-page";

const route = getRouteApi("/signed-in/office/plan");

export function PlanRoute() {
  const { date } = route.useSearch();
  return <PlanPage initialDate={date} />;
}
