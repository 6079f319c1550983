import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { RunPage } from "@/features/runs/run-page";
import { tourWorkQuery } from "@/features/tours/queries";
import { StopWorkLine } from "@/features/tours/stop-work-line";
import { StopsMap } from "@/features/tours/stops-map";
import type { RunDetail, Stop } from "@/shared/api/types";
import { useCollectionEvents } from "@/shared/waste/use-collection-events";

const route = getRouteApi("/signed-in/office/manage/runs/$runId");

export function RunRoute() {
  const { runId } = route.useParams();
  useCollectionEvents();
  return (
    <RunPage
      key={runId}
      id={runId}
      mapOf={(run) => <StopsMap stops={run.stops.map(({ building }) => building)} />}
      workAt={(run, stop) => <StopWork run={run} stop={stop} />}
    />
  );
}

function StopWork({ run, stop }: { run: RunDetail; stop: Stop }) {
  const work = useQuery(tourWorkQuery(run.tour.id, run.date));
  return work.data === undefined ? null : (
    <StopWorkLine work={work.data.get(stop.building.id)} day={run.date} hidden={false} />
  );
}
