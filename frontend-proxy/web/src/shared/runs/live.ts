import type { Picture, Progress, Run, RunDetail, Visit } from "../api/types";
import type { LiveEvent } from "../realtime/live-connection";

/** What the events of runs carry, each a part of it. */
export type RunEventData = {
  run?: Run;
  run_id?: number;
  visit?: Visit;
  progress?: Progress;
  picture?: Picture;
};

export function runEventData(event: LiveEvent): RunEventData {
  return (event.data ?? {}) as RunEventData;
}

/** The run after an event of its channel. */
export function applyRunEvent(run: RunDetail, event: LiveEvent): RunDetail {
  const data = runEventData(event);
  let next = run;
  if (data.run !== undefined && data.run.id === run.id && data.run.version >= run.version) {
    next = { ...next, ...data.run };
  }
  if (data.visit !== undefined) {
    next = withVisit(next, data.visit);
  }
  if (data.picture !== undefined) {
    next = withPicture(next, data.picture);
  }
  if (data.progress !== undefined && (data.run_id ?? data.visit?.run_id) === run.id) {
    next = { ...next, progress: data.progress };
  }
  return next;
}

/** The run with this visit in its stop. */
export function withVisit(run: RunDetail, visit: Visit): RunDetail {
  if (visit.run_id !== run.id) {
    return run;
  }
  return {
    ...run,
    stops: run.stops.map((stop) =>
      stop.building.id === visit.building_id ? { ...stop, visit } : stop,
    ),
  };
}

/** The run with this picture in its stop; a picture it has already changes nothing. */
export function withPicture(run: RunDetail, picture: Picture): RunDetail {
  if (picture.run_id !== run.id) {
    return run;
  }
  return {
    ...run,
    stops: run.stops.map((stop) => {
      if (stop.building.id !== picture.building_id) {
        return stop;
      }
      const visit = stop.visit ?? emptyVisit(run.id, picture.building_id);
      if (visit.pictures.some((known) => known.id === picture.id)) {
        return stop;
      }
      return { ...stop, visit: { ...visit, pictures: [...visit.pictures, picture] } };
    }),
  };
}

function emptyVisit(runId: number, buildingId: number): Visit {
  return {
    run_id: runId,
    building_id: buildingId,
    outcome: null,
    reason: "",
    steps: [],
    pictures: [],
  };
}
