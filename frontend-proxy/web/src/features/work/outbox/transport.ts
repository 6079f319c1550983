import { ApiError, api, apiFetch, apiURL, readAnswer, unwrap } from "@/shared/api/client";
import type { Picture, Remark, RunDetail } from "@/shared/api/types";
import { sendIncidentPhoto } from "@/shared/incidents/send-incident-photo";
import { sendPhoto } from "@/shared/send-photo";
import type {
  Answer,
  CompleteEntry,
  PictureEntry,
  PictureRemovalEntry,
  RemarkChangeEntry,
  RemarkDeletionEntry,
  RemarkEntry,
  StartEntry,
  StepEntry,
} from "./entries";
import type { Sending } from "./outbox";
import { tellProgress } from "./upload-progress";

/** Sends an entry over HTTP. */
export async function sendEntry({ entry, photo, signal }: Sending): Promise<Answer> {
  switch (entry.kind) {
    case "start":
    case "complete":
      return { kind: "run", run: await changeRun(entry, signal) };
    case "picture":
      if (entry.incidentId !== undefined) {
        await sendIncidentPhoto({
          id: entry.id,
          incident: entry.incidentId,
          bytes: photo ?? new ArrayBuffer(0),
          contentType: entry.contentType,
          // The office may add photos to any: in its session on this phone, this one is not its own.
          reporterId: entry.accountId,
          signal,
          progress: (part) => tellProgress(entry.id, part),
        });
        return { kind: "incident" };
      }
      return { kind: "picture", picture: await upload(entry, photo ?? new ArrayBuffer(0), signal) };
    case "step":
      return confirmStep(entry, signal);
    case "remark":
    case "remark_change":
    case "remark_deletion":
    case "picture_removal":
      return { kind: "remark", remark: await writeRemark(entry, signal) };
    case "incident":
      await unwrap(
        api().POST("/incidents", {
          body: {
            id: entry.id,
            building_id: entry.buildingId,
            run_id: entry.runId,
            kind: entry.problem,
            text: entry.text,
            occurred_at: entry.occurredAt,
            reporter_id: entry.accountId,
          },
          signal,
        }),
      );
      return { kind: "incident" };
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
            signal,
          }),
        ),
      };
  }
}

// A run that another device of the worker started or completed is where it should be: then that is the answer.
async function changeRun(
  entry: StartEntry | CompleteEntry,
  signal: AbortSignal,
): Promise<RunDetail> {
  const path = { params: { path: { id: entry.runId } }, signal };
  const moment = { id: entry.id, occurred_at: entry.occurredAt };
  try {
    return entry.kind === "start"
      ? await unwrap(
          api().POST("/runs/{id}/start", {
            ...path,
            body: {
              ...moment,
              ...(entry.buildingIds === undefined ? {} : { building_ids: [...entry.buildingIds] }),
            },
          }),
        )
      : await unwrap(
          api().POST("/runs/{id}/complete", { ...path, body: { ...moment, reason: entry.reason } }),
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
async function confirmStep(entry: StepEntry, signal: AbortSignal): Promise<Answer> {
  try {
    const visit = await unwrap(
      api().PUT("/runs/{id}/visits/{buildingID}/steps/{step}", {
        params: { path: { id: entry.runId, buildingID: entry.buildingId, step: entry.step } },
        body: { id: entry.id, occurred_at: entry.occurredAt },
        signal,
      }),
    );
    return { kind: "visit", visit };
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== "step_exists") {
      throw error;
    }
    const path = { params: { path: { id: entry.runId } }, signal };
    return { kind: "run", run: await unwrap(api().GET("/runs/{id}", path)) };
  }
}

function writeRemark(
  entry: RemarkEntry | RemarkChangeEntry | RemarkDeletionEntry | PictureRemovalEntry,
  signal: AbortSignal,
): Promise<Remark> {
  switch (entry.kind) {
    case "remark":
      return unwrap(
        api().POST("/runs/{id}/remarks", {
          params: { path: { id: entry.runId } },
          body: {
            id: entry.id,
            building_id: entry.buildingId,
            text: entry.text,
            occurred_at: entry.occurredAt,
          },
          signal,
        }),
      );
    case "remark_change":
      return unwrap(
        api().PUT("/remarks/{id}", {
          params: { path: { id: entry.remarkId } },
          body: { id: entry.id, text: entry.text },
          signal,
        }),
      );
    case "remark_deletion":
      return unwrap(
        api().DELETE("/remarks/{id}", { params: { path: { id: entry.remarkId } }, signal }),
      );
    case "picture_removal":
      return unwrap(
        api().DELETE("/remarks/{id}/pictures/{pictureID}", {
          params: { path: { id: entry.remarkId, pictureID: entry.pictureId } },
          signal,
        }),
      );
  }
}

function upload(entry: PictureEntry, bytes: ArrayBuffer, signal: AbortSignal): Promise<Picture> {
  const params = { path: { id: entry.id } };
  return sendPhoto<Picture>({
    id: entry.id,
    bytes,
    signal,
    progress: (part) => tellProgress(entry.id, part),
    whole: () => uploadWhole(entry, bytes, signal),
    begin: (file) =>
      unwrap(
        api().PUT("/picture-uploads/{id}", {
          params,
          body: {
            run_id: entry.runId,
            building_id: entry.buildingId,
            ...(entry.step === undefined ? {} : { step: entry.step }),
            ...(entry.remarkId === undefined ? {} : { remark_id: entry.remarkId }),
            taken_at: entry.takenAt,
            taken_from: entry.takenFrom ?? "phone",
            ...file,
          },
          signal,
        }),
      ),
    finish: () => unwrap(api().POST("/picture-uploads/{id}/finish", { params, signal })),
  });
}

async function uploadWhole(
  entry: PictureEntry,
  bytes: ArrayBuffer,
  signal: AbortSignal,
): Promise<Picture> {
  const form = new FormData();
  form.set("id", entry.id);
  form.set("run", String(entry.runId));
  form.set("building", String(entry.buildingId));
  if (entry.step !== undefined) {
    form.set("step", entry.step);
  }
  if (entry.remarkId !== undefined) {
    form.set("remark", entry.remarkId);
  }
  form.set("taken_at", entry.takenAt);
  form.set("taken_from", entry.takenFrom ?? "phone");
  form.set("file", new Blob([bytes], { type: entry.contentType }), `${entry.id}.jpg`);
  return readAnswer<Picture>(
    await apiFetch(apiURL("/pictures"), { method: "POST", body: form, signal }),
  );
}
