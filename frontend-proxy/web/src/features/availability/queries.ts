import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { allPages } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type { Absence, AbsenceDetail, Availability } from "@/shared/api/types";

/** On which days of the week somebody can work. */
export function availabilityQuery(workerId: number) {
  return queryOptions({
    queryKey: [...queryKeys.availability, "days", workerId],
    queryFn: ({ signal }): Promise<Availability> =>
      unwrap(
        api().GET("/workers/{id}/availability", { params: { path: { id: workerId } }, signal }),
      ),
  });
}

/** The absences of somebody that are not over on a day, by their first day. */
export function absencesQuery(workerId: number, from: string) {
  return queryOptions({
    queryKey: [...queryKeys.availability, "absences", workerId, from],
    queryFn: ({ signal }): Promise<Absence[]> =>
      allPages((page) =>
        unwrap(
          api().GET("/absences", {
            params: { query: { ...page, worker: workerId, from } },
            signal,
          }),
        ),
      ),
  });
}

export type WorkingDays = Pick<Availability, "weekdays" | "weekly_minutes" | "version">;

/** Says on which days of the week somebody can work. */
export function usePutAvailability(workerId: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (days: WorkingDays): Promise<Availability> =>
      unwrap(
        api().PUT("/workers/{id}/availability", {
          params: { path: { id: workerId } },
          body: days,
        }),
      ),
    onSuccess: (saved) => queryClient.setQueryData(availabilityQuery(workerId).queryKey, saved),
  });
}

export type AbsenceFacts = Pick<Absence, "first_day" | "last_day" | "reason" | "note">;

/** Enters an absence, or changes one. The answer names the runs that are planned on its days. */
export function useSaveAbsence(workerId: number, absence: Absence | undefined) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (facts: AbsenceFacts): Promise<AbsenceDetail> =>
      absence === undefined
        ? unwrap(api().POST("/absences", { body: { ...facts, worker_id: workerId } }))
        : unwrap(
            api().PUT("/absences/{id}", {
              params: { path: { id: absence.id } },
              body: { ...facts, version: absence.version },
            }),
          ),
    onSettled: () =>
      queryClient.invalidateQueries({ queryKey: [...queryKeys.availability, "absences"] }),
  });
}

/** Takes an absence back. */
export function useDeleteAbsence(absence: Absence) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(api().DELETE("/absences/{id}", { params: { path: { id: absence.id } } })),
    onSettled: () =>
      queryClient.invalidateQueries({ queryKey: [...queryKeys.availability, "absences"] }),
  });
}
