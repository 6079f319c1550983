import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { Building, Incident, IncidentDetail } from "@/shared/api/types";
import { incidentQuery } from "@/shared/incidents/incident-queries";
import { sendIncidentPhoto } from "@/shared/incidents/send-incident-photo";
import type { IncidentKind, IncidentStatus } from "@/shared/incidents/words";
import { shrinkPhoto } from "@/shared/photo";

/** The buildings in use that match, the first of them. */
export function buildingsFoundQuery(q: string) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "found", q],
    queryFn: async ({ signal }): Promise<Building[]> =>
      (
        await unwrap(
          api().GET("/buildings", {
            params: { query: { limit: 20, ...(q === "" ? {} : { q }) } },
            signal,
          }),
        )
      ).items,
    placeholderData: keepPreviousData,
  });
}

export type IncidentChange = {
  status?: IncidentStatus;
  kind?: IncidentKind;
  responsible?: number;
  text?: string;
};

function useIncidentMutation<Input>(change: (input: Input) => Promise<IncidentDetail>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (detail) =>
      queryClient.setQueryData(incidentQuery(detail.incident.id).queryKey, detail),
    // A refusal may come from what a colleague has done meanwhile.
    onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.incidents }),
  });
}

/** Changes an incident as it is shown. */
export function useChangeIncident(incident: Incident) {
  return useIncidentMutation(({ status, kind, responsible, text = "" }: IncidentChange) =>
    unwrap(
      api().PUT("/incidents/{id}", {
        params: { path: { id: incident.id } },
        body: {
          status: status ?? incident.status,
          kind: kind ?? incident.kind,
          responsible_id: responsible ?? incident.responsible?.id ?? 0,
          text,
          version: incident.version,
        },
      }),
    ),
  );
}

export function useAddComment(id: number) {
  return useIncidentMutation((comment: { text: string; for_syndics: boolean }) =>
    unwrap(api().POST("/incidents/{id}/comments", { params: { path: { id } }, body: comment })),
  );
}

export type NewIncident = {
  /** Made once for what is written, so that sending it again makes no second one. */
  id: string;
  occurredAt: string;
  building: number;
  kind: IncidentKind;
  text: string;
  photos: readonly { id: string; file: File }[];
};

/** Reports a problem with its photos. What of it arrived is not made again. */
export function useCreateIncident() {
  return useIncidentMutation(
    async ({ id, occurredAt, building, kind, text, photos }: NewIncident) => {
      const made = await unwrap(
        api().POST("/incidents", {
          body: {
            id,
            building_id: building,
            run_id: 0,
            kind,
            text,
            occurred_at: occurredAt,
          },
        }),
      );
      for (const photo of photos) {
        const { bytes, contentType } = await shrinkPhoto(photo.file);
        await sendIncidentPhoto({ id: photo.id, incident: id, bytes, contentType, signal: null });
      }
      return made;
    },
  );
}
