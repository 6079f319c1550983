import { ApiError, api, apiFetch, apiURL, readAnswer, unwrap } from "@/shared/api/client";
import type {
  IncidentPicture,
  Picture,
  PictureUpload,
  Remark,
  RunDetail,
} from "@/shared/api/types";
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
        await uploadOfIncident(entry, entry.incidentId, photo ?? new ArrayBuffer(0), signal);
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

/** Larger photos go in parts, so that a connection that breaks off costs one part. */
const wholeUpTo = 2 * 1024 * 1024;

async function upload(
  entry: PictureEntry,
  bytes: ArrayBuffer,
  signal: AbortSignal,
): Promise<Picture> {
  // What computes checksums is missing where the address is not a secure one.
  if (bytes.byteLength <= wholeUpTo || globalThis.crypto?.subtle === undefined) {
    return uploadWhole(entry, bytes, signal);
  }
  try {
    return await uploadInParts(entry, bytes, signal);
  } finally {
    tellProgress(entry.id, undefined);
  }
}

// Parts that the server has given up, or that are not the file, are sent anew: once now, and then when the queue comes back to it.
async function uploadInParts(
  entry: PictureEntry,
  bytes: ArrayBuffer,
  signal: AbortSignal,
): Promise<Picture> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const params = { path: { id: entry.id } };
  let lost: ApiError | undefined;
  for (let tries = 0; tries < 2; tries += 1) {
    let begun: PictureUpload;
    try {
      begun = await unwrap(
        api().PUT("/picture-uploads/{id}", {
          params,
          body: {
            run_id: entry.runId,
            building_id: entry.buildingId,
            ...(entry.step === undefined ? {} : { step: entry.step }),
            ...(entry.remarkId === undefined ? {} : { remark_id: entry.remarkId }),
            taken_at: entry.takenAt,
            taken_from: entry.takenFrom ?? "phone",
            size: bytes.byteLength,
            sha256,
          },
          signal,
        }),
      );
    } catch (error) {
      // A server from before knows no parts, and one that has too many uploads takes no new one; whole photos go all the same.
      const whole =
        error instanceof ApiError && (error.code === "not_found" || error.reason === "too_many");
      if (whole) {
        return uploadWhole(entry, bytes, signal);
      }
      throw error;
    }
    if (begun.picture !== null) {
      return begun.picture;
    }
    try {
      await sendParts(entry.id, bytes, begun, signal);
      return await unwrap(api().POST("/picture-uploads/{id}/finish", { params, signal }));
    } catch (error) {
      const again =
        error instanceof ApiError &&
        (error.code === "not_found" ||
          error.reason === "parts_missing" ||
          error.reason === "wrong_checksum");
      if (!again) {
        throw error;
      }
      lost = error;
    }
  }
  throw new ApiError({
    status: 409,
    code: "aborted",
    message: "The parts of the photo were lost on their way.",
    cause: lost,
  });
}

/** Sends the parts that the server does not have yet. */
async function sendParts(
  id: string,
  bytes: ArrayBuffer,
  begun: PictureUpload,
  signal: AbortSignal,
): Promise<void> {
  const size = begun.part_bytes;
  for (let from = begun.parts * size; from < bytes.byteLength; from += size) {
    tellProgress(id, from / bytes.byteLength);
    await readAnswer<PictureUpload>(
      await apiFetch(apiURL(`/picture-uploads/${id}/parts/${from / size}`), {
        method: "PUT",
        headers: { "Content-Type": "application/octet-stream" },
        body: bytes.slice(from, from + size),
        signal,
      }),
    );
  }
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

async function uploadOfIncident(
  entry: PictureEntry,
  incident: string,
  bytes: ArrayBuffer,
  signal: AbortSignal,
): Promise<void> {
  const form = new FormData();
  form.set("id", entry.id);
  form.set("incident", incident);
  // The office may add photos to any: in its session on this phone, this one is not its own.
  form.set("reporter_id", String(entry.accountId));
  form.set("file", new Blob([bytes], { type: entry.contentType }), `${entry.id}.jpg`);
  await readAnswer<IncidentPicture>(
    await apiFetch(apiURL("/incident-pictures"), { method: "POST", body: form, signal }),
  );
}
