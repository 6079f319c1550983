import { ApiError, api, apiFetch, apiURL, toApiError, unwrap } from "@/shared/api/client";
import type { Picture, RunDetail } from "@/shared/api/types";
import type { Answer, CompleteEntry, Entry, PictureEntry, StartEntry, StepEntry } from "./entries";

/** Sends an entry over HTTP. */
export async function sendEntry(entry: Entry): Promise<Answer> {
  switch (entry.kind) {
    case "start":
    case "complete":
      return { kind: "run", run: await changeRun(entry) };
    case "picture":
      return { kind: "picture", picture: await upload(entry) };
    case "step":
      return confirmStep(entry);
    case "outcome":
      return {
        kind: "visit",
        visit: await unwrap(
          api().PUT("/runs/{id}/visits/{buildingID}/outcome", {
            params: { path: { id: entry.runId, buildingID: entry.buildingId } },
            body: {
              id: entry.id,
              outcome: entry.outcome,
              reason: entry.reason,
              occurred_at: entry.occurredAt,
            },
          }),
        ),
      };
  }
}

// Starting and completing carry no UUID. When the answer to a first try got lost, the second is refused although the
// run is where it should be: then that is the answer.
async function changeRun(entry: StartEntry | CompleteEntry): Promise<RunDetail> {
  const path = { params: { path: { id: entry.runId } } };
  try {
    return entry.kind === "start"
      ? await unwrap(api().POST("/runs/{id}/start", path))
      : await unwrap(
          api().POST("/runs/{id}/complete", { ...path, body: { reason: entry.reason } }),
        );
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "failed_precondition") {
      throw error;
    }
    const run = await unwrap(api().GET("/runs/{id}", path));
    const reached =
      run.status === "completed" || (entry.kind === "start" && run.status === "started");
    if (!reached) {
      throw error;
    }
    return run;
  }
}

// A step that another device of the worker confirmed is confirmed: the run is the answer.
async function confirmStep(entry: StepEntry): Promise<Answer> {
  try {
    const visit = await unwrap(
      api().PUT("/runs/{id}/visits/{buildingID}/steps/{step}", {
        params: { path: { id: entry.runId, buildingID: entry.buildingId, step: entry.step } },
        body: { id: entry.id, occurred_at: entry.occurredAt },
      }),
    );
    return { kind: "visit", visit };
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== "step_exists") {
      throw error;
    }
    const path = { params: { path: { id: entry.runId } } };
    return { kind: "run", run: await unwrap(api().GET("/runs/{id}", path)) };
  }
}

async function upload(entry: PictureEntry): Promise<Picture> {
  const form = new FormData();
  form.set("id", entry.id);
  form.set("run", String(entry.runId));
  form.set("building", String(entry.buildingId));
  form.set("step", entry.step);
  form.set("taken_at", entry.takenAt);
  form.set("file", new Blob([entry.bytes], { type: entry.contentType }), `${entry.id}.jpg`);
  const response = await apiFetch(apiURL("/pictures"), { method: "POST", body: form });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw toApiError(response, body);
  }
  return body as Picture;
}
