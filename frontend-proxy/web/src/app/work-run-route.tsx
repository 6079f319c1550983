import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useCallback } from "react";
import { WorkPage } from "@/features/work/work-page";
import { useMe } from "@/shared/account/use-me";

const route = getRouteApi("/signed-in/worker/work/$runId");

export function WorkRunRoute() {
  const { runId } = route.useParams();
  const { stop } = route.useSearch();
  const navigate = route.useNavigate();
  const router = useRouter();
  const { id } = useMe();
  const onShowStop = useCallback(
    (position: number | undefined) =>
      // Back from a chosen stop leads to the stop before, not out of the run.
      void navigate({
        search: position === undefined ? {} : { stop: position },
        // Two quick taps may choose the same one.
        replace: position === undefined || position === router.latestLocation.search.stop,
      }),
    [navigate, router],
  );
  return <WorkPage key={runId} accountId={id} runId={runId} stop={stop} onShowStop={onShowStop} />;
}
