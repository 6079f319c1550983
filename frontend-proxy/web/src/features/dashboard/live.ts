import type { Dashboard, DashboardRun, Picture, Run } from "@/shared/api/types";
import type { LiveEvent } from "@/shared/realtime/live-connection";
import { runEventData } from "@/shared/runs/live";

/** The dashboard after an event; the same object when the event does not concern it. */
export function applyLiveEvent(dashboard: Dashboard, event: LiveEvent): Dashboard {
  const data = runEventData(event);
  if (data.run !== undefined) {
    return applyRun(dashboard, data.run);
  }
  const runId = data.run_id ?? data.picture?.run_id;
  if (runId === undefined) {
    return dashboard;
  }
  return replaceRun(dashboard, runId, (run) => ({
    ...run,
    progress: data.progress ?? run.progress,
    last_picture: event.type === "picture.added" ? later(run, data.picture) : run.last_picture,
  }));
}

const inTime = { late_reason: "none", late_since: null, late_minutes: 0 } as const;

function applyRun(dashboard: Dashboard, changed: Run): Dashboard {
  const known = dashboard.runs.find((run) => run.id === changed.id);
  if (known === undefined || changed.date !== known.date || changed.version < known.version) {
    return dashboard;
  }
  return replaceRun(dashboard, changed.id, (run) => ({
    ...run,
    ...changed,
    // Why it was late holds no longer; the server tells what does.
    ...(changed.status !== run.status && inTime),
  }));
}

function later(run: DashboardRun, picture: Picture | undefined): DashboardRun["last_picture"] {
  if (picture === undefined) {
    return run.last_picture;
  }
  return run.last_picture && run.last_picture.taken_at > picture.taken_at
    ? run.last_picture
    : picture;
}

function replaceRun(
  dashboard: Dashboard,
  id: number,
  change: (run: DashboardRun) => DashboardRun,
): Dashboard {
  if (!dashboard.runs.some((run) => run.id === id)) {
    return dashboard;
  }
  const runs = dashboard.runs.map((run) => (run.id === id ? change(run) : run));
  return { ...dashboard, runs, counts: countRuns(runs, dashboard.counts.open_incidents) };
}

/** The numbers above the list, from the list; how many incidents are open is not in it. */
export function countRuns(
  runs: readonly DashboardRun[],
  openIncidents: number,
): Dashboard["counts"] {
  const having = (status: string) => runs.filter((run) => run.status === status).length;
  const done = runs.filter((run) => run.status !== "cancelled");
  const sum = (of: (run: DashboardRun) => number) =>
    done.reduce((total, run) => total + of(run), 0);
  return {
    planned: having("planned"),
    started: having("started"),
    completed: having("completed"),
    late: runs.filter(isLate).length,
    stops: sum((run) => run.progress.stops),
    stops_done: sum((run) => run.progress.done),
    stops_skipped: sum((run) => run.progress.skipped),
    stops_failed: sum((run) => run.progress.failed),
    remarks: sum((run) => run.remarks),
    open_incidents: openIncidents,
  };
}

/** Whether a run is late, by the server's rule. */
export const isLate = (run: Pick<DashboardRun, "late_reason">): boolean =>
  run.late_reason !== "none";

/** How many runs of the day are not cancelled. */
export function runsIn(counts: Dashboard["counts"] | undefined): number | undefined {
  return counts && counts.planned + counts.started + counts.completed;
}

/** A part of a whole, as it is read from afar. */
export function share(part: number | undefined, whole: number | undefined): string {
  return part === undefined || whole === undefined ? "–" : `${part} / ${whole}`;
}

const order = ["started", "planned", "completed", "cancelled"];

/** As the server orders them: late and under way, late and not started, then by how far they are. */
function urgency(run: DashboardRun): number {
  const { status } = run;
  if (isLate(run) && (status === "started" || status === "planned")) {
    return status === "started" ? 0 : 1;
  }
  return 2 + order.indexOf(status);
}

/** The server allows a connection 50 channels, and the page needs some of them. */
export const mostFollowed = 40;

const started = (runs: readonly DashboardRun[]): number[] =>
  runs.filter((run) => run.status === "started").map((run) => run.id);

/**
 * The runs that have a channel each, for their photos and remarks at once. How far the others are comes with the channel of all runs;
 * their photos and remarks come with the next of these, or within a minute.
 */
export function followedRuns(runs: readonly DashboardRun[]): number[] {
  return started(runs)
    .sort((a, b) => a - b)
    .slice(0, mostFollowed);
}

/** Whether there are more runs under way than have a channel each. */
export const followsSome = (runs: readonly DashboardRun[]): boolean =>
  started(runs).length > mostFollowed;

/** Late first, the latest on top; then under way, planned, done, cancelled. */
export function lateFirst(runs: readonly DashboardRun[]): DashboardRun[] {
  return runs.toSorted(
    (a, b) =>
      urgency(a) - urgency(b) ||
      b.late_minutes - a.late_minutes ||
      a.tour.name.localeCompare(b.tour.name) ||
      a.id - b.id,
  );
}

/** How a stop stands on the map: by its own state, and late while its run is. */
export type StopState = "done" | "skipped" | "failed" | "late" | "under_way" | "open";

export function stopState(segment: string, late: boolean): StopState {
  switch (segment) {
    case "done":
    case "skipped":
    case "failed":
      return segment;
    case "open":
      return late ? "late" : "open";
    default:
      return "under_way";
  }
}
