import { getRouteApi } from "@tanstack/react-router";
import { HoursPage } from "@/features/hours/hours-page";
import { today } from "@/shared/dates";

const route = getRouteApi("/signed-in/worker/work/hours");

export function HoursRoute() {
  const { month } = route.useSearch();
  return <HoursPage month={month ?? today().slice(0, 7)} />;
}
