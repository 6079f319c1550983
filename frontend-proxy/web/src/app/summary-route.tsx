import { getRouteApi } from "@tanstack/react-router";
import { SummaryPage } from "@/features/dashboard/summary-page";
import { useToday } from "@/shared/use-today";

const route = getRouteApi("/signed-in/office/today/summary");

export function SummaryRoute() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const today = useToday();
  return (
    <SummaryPage
      date={search.date ?? today}
      region={search.region}
      onRegion={(region) =>
        void navigate({ search: (before) => ({ ...before, region }), replace: true })
      }
    />
  );
}
