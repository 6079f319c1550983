import { getRouteApi } from "@tanstack/react-router";
import { DashboardPage } from "@/features/dashboard/dashboard-page";
import { today } from "@/shared/dates";

const route = getRouteApi("/signed-in/office/today");

export function TodayRoute() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const date = search.date ?? today();
  return (
    <DashboardPage
      key={date}
      date={date}
      openRunId={search.run}
      onCloseRun={() => void navigate({ search: ({ run: _, ...rest }) => rest, replace: true })}
    />
  );
}
