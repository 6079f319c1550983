import { getRouteApi } from "@tanstack/react-router";
import { PlanTray } from "@/features/planning/plan-tray";
import { PlannerPage } from "@/features/planning/planner-page";
import type { PlanSearch } from "@/features/planning/search";
import { RunPanel } from "@/features/runs/lazy-run-panel";

const route = getRouteApi("/signed-in/office/plan");

export function PlanRoute() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const onSearch = (next: PlanSearch) =>
    void navigate({ to: "/plan", search: next, replace: true, resetScroll: false });
  return (
    <PlannerPage
      search={search}
      onSearch={onSearch}
      tray={(tools) => <PlanTray tools={tools} />}
      panel={
        search.run !== undefined && (
          <RunPanel
            key={search.run}
            runId={search.run}
            onClose={() => onSearch({ ...search, run: undefined })}
          />
        )
      }
    />
  );
}
