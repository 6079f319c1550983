import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, unwrap } from "../api/client";
import { queryKeys } from "../api/query-keys";
import type { CalendarLink } from "../api/types";
import { currentLanguage } from "../i18n/i18n";

/** What a calendar elsewhere can follow. */
export type Feed =
  | { feed: "runs" }
  | { feed: "building"; building_id: number }
  | { feed: "tour"; tour_id: number };

/** The links that one has made, the latest first. */
export const calendarsQuery = queryOptions({
  queryKey: [...queryKeys.myAccount, "calendars"],
  queryFn: async ({ signal }): Promise<CalendarLink[]> =>
    (await unwrap(api().GET("/me/calendars", { signal }))).items,
});

/** Makes a link, in the language of the screen. One whose answer was lost is the same one when it is asked for again. */
export function useMakeCalendar() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (feed: Feed) =>
      unwrap(
        api().POST("/me/calendars", {
          body: { building_id: null, tour_id: null, language: currentLanguage(), ...feed },
        }),
      ),
    // When its answer was lost too: the list then shows what there is to withdraw.
    onSettled: refresh,
  });
}

export function useWithdrawCalendar(id: number) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async () => {
      try {
        await unwrap(api().DELETE("/me/calendars/{id}", { params: { path: { id } } }));
      } catch (error) {
        // Another window was faster: it is as one wanted.
        if (!(error instanceof ApiError && error.code === "not_found")) {
          throw error;
        }
      }
    },
    onSuccess: refresh,
  });
}

function useRefresh() {
  const queryClient = useQueryClient();
  return () => queryClient.invalidateQueries({ queryKey: calendarsQuery.queryKey });
}
