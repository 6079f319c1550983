import type { Picture, Progress, Remark, Run, RunDetail, Visit } from "../api/types";
import type { LiveEvent } from "../realtime/live-connection";

/** What the events of runs carry, each a part of it. */
export type RunEventData = {
  run?: Run;
  run_id?: number;
  visit?: Visit;
  progress?: Progress;
  picture?: Picture;
  remark?: Remark;
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
  if (data.remark !== undefined) {
    next = withRemark(next, data.remark);
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
  return withChangedVisit(run, picture, (visit) =>
    picture.remark_id === null
      ? { ...visit, pictures: withPictureOnce(visit.pictures, picture) }
      : {
          ...visit,
          remarks: visit.remarks.map((remark) =>
            remark.id === picture.remark_id
              ? { ...remark, pictures: withPictureOnce(remark.pictures, picture) }
              : remark,
          ),
        },
  );
}

function withPictureOnce(pictures: Picture[], picture: Picture): Picture[] {
  return pictures.some((known) => known.id === picture.id) ? pictures : [...pictures, picture];
}

/** The run with this remark in its stop as it is now; one that was deleted is gone. */
export function withRemark(run: RunDetail, remark: Remark): RunDetail {
  return withChangedVisit(run, remark, (visit) => {
    const others = visit.remarks.filter((known) => known.id !== remark.id);
    const remarks = remark.deleted_at === null ? [...others, remark] : others;
    return { ...visit, remarks: remarks.toSorted(inOrder) };
  });
}

function inOrder(a: Remark, b: Remark): number {
  return Date.parse(a.occurred_at) - Date.parse(b.occurred_at) || (a.id < b.id ? -1 : 1);
}

function withChangedVisit(
  run: RunDetail,
  place: { run_id: number; building_id: number },
  change: (visit: Visit) => Visit,
): RunDetail {
  if (place.run_id !== run.id) {
    return run;
  }
  return {
    ...run,
    stops: run.stops.map((stop) =>
      stop.building.id === place.building_id
        ? { ...stop, visit: change(stop.visit ?? emptyVisit(run.id, place.building_id)) }
        : stop,
    ),
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
    remarks: [],
  };
}
