import { getRouteApi } from "@tanstack/react-router";
import { WorkPage } from "@/features/work/work-page";

const route = getRouteApi("/signed-in/student/work/$runId");

export function WorkRunRoute() {
  const { runId } = route.useParams();
  const { stop } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <WorkPage
      key={runId}
      runId={runId}
      stop={stop}
      onShowStop={(position) =>
        void navigate({ search: position === undefined ? {} : { stop: position }, replace: true })
      }
    />
  );
}
