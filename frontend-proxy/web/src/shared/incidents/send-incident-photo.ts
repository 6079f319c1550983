import { api, apiFetch, apiURL, readAnswer, unwrap } from "../api/client";
import type { IncidentPicture } from "../api/types";
import { type PhotoToSend, sendPhoto } from "../send-photo";

type IncidentPhoto = Pick<PhotoToSend<IncidentPicture>, "id" | "bytes" | "signal" | "progress"> & {
  /** The id that the client made for the incident. */
  incident: string;
  contentType: string;
  /** Whose photo it is, where somebody else may have signed in meanwhile. */
  reporterId?: number;
};

/** Sends a photo of an incident that was reported before. */
export function sendIncidentPhoto(photo: IncidentPhoto): Promise<IncidentPicture> {
  const { id, incident, bytes, contentType, reporterId, signal } = photo;
  const params = { path: { id } };
  return sendPhoto({
    ...photo,
    whole: async () => {
      const body = new FormData();
      body.set("id", id);
      body.set("incident", incident);
      if (reporterId !== undefined) {
        body.set("reporter_id", String(reporterId));
      }
      body.set("file", new Blob([bytes], { type: contentType }), `${id}.jpg`);
      return readAnswer<IncidentPicture>(
        await apiFetch(apiURL("/incident-pictures"), { method: "POST", body, signal }),
      );
    },
    begin: (file) =>
      unwrap(
        api().PUT("/incident-picture-uploads/{id}", {
          params,
          body: { incident_id: incident, reporter_id: reporterId, ...file },
          signal,
        }),
      ),
    finish: () => unwrap(api().POST("/incident-picture-uploads/{id}/finish", { params, signal })),
  });
}
