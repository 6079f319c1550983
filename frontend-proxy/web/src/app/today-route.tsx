import { getRouteApi } from "@tanstack/react-router";
import { DashboardPage } from "@/features/dashboard/dashboard-page";
import { RunPanel } from "@/features/runs/lazy-run-panel";
import { useToday } from "@/shared/use-today";

const route = getRouteApi("/signed-in/office/today");

export function TodayRoute() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const today = useToday();
  const date = search.date ?? today;
  return (
    <DashboardPage
      key={date}
      date={date}
      region={search.region}
      openRunId={search.run}
      onDate={(day) => void navigate({ search: ({ region }) => ({ region, date: day }) })}
      onRegion={(region) =>
        void navigate({ search: (before) => ({ ...before, region }), replace: true })
      }
      onRun={(run) => void navigate({ search: (before) => ({ ...before, run }) })}
      panel={
        search.run !== undefined && (
          <RunPanel
            key={search.run}
            runId={search.run}
            onClose={() => void navigate({ search: ({ run: _, ...rest }) => rest, replace: true })}
          />
        )
      }
    />
  );
}
