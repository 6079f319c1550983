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

function applyRun(dashboard: Dashboard, changed: Run): Dashboard {
  const known = dashboard.runs.find((run) => run.id === changed.id);
  if (known === undefined || changed.date !== known.date || changed.version < known.version) {
    return dashboard;
  }
  return replaceRun(dashboard, changed.id, (run) => ({ ...run, ...changed }));
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
  return { ...dashboard, runs, counts: countRuns(runs) };
}

/** The stops of the day that did not work out. */
export function failedStops(runs: readonly DashboardRun[]): number {
  return runs.reduce((sum, run) => sum + run.progress.failed, 0);
}

/** The numbers above the list, from the list. */
export function countRuns(runs: readonly DashboardRun[]): Dashboard["counts"] {
  const having = (status: string) => runs.filter((run) => run.status === status).length;
  return {
    planned: having("planned"),
    started: having("started"),
    completed: having("completed"),
    late: runs.filter((run) => run.late_minutes > 0).length,
  };
}

const order = ["started", "planned", "completed", "cancelled"];

/** The runs whose progress is worth a channel each; the server allows a connection 50. */
export function followedRuns(runs: readonly DashboardRun[]): number[] {
  return runs
    .filter((run) => run.status === "started")
    .map((run) => run.id)
    .sort((a, b) => a - b)
    .slice(0, 40);
}

/** Late first, the latest on top; then under way, planned, done, cancelled. */
export function lateFirst(runs: readonly DashboardRun[]): DashboardRun[] {
  return runs.toSorted(
    (a, b) =>
      b.late_minutes - a.late_minutes ||
      order.indexOf(a.status) - order.indexOf(b.status) ||
      a.tour.name.localeCompare(b.tour.name) ||
      a.id - b.id,
  );
}
