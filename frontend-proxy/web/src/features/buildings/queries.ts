import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiError, api, apiFetch, apiURL, readAnswer, unwrap } from "@/shared/api/client";
import { allPages, pagedQuery } from "@/shared/api/pages";
import { queryKeys } from "@/shared/api/query-keys";
import type {
  Address,
  AuditEntry,
  Building,
  BuildingVisit,
  Comment,
  Manual,
  PlannedVisit,
  User,
} from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";
import { shrinkPhoto } from "@/shared/photo";

export type BuildingFilter = {
  q?: string | undefined;
  region?: number | undefined;
  archived?: true | undefined;
  /** Those that are on no map yet. */
  unplaced?: true | undefined;
  /** With the last visit and the next collection of each. */
  outlook?: true | undefined;
};

/** The buildings that the account may see, in the order of the streets, by page: a syndic sees their own. */
export function buildingsQuery({ q, region, archived, unplaced, outlook }: BuildingFilter = {}) {
  return pagedQuery<Building>(
    [
      ...queryKeys.buildings,
      "list",
      {
        q: q ?? "",
        region: region ?? 0,
        archived: !!archived,
        unplaced: !!unplaced,
        outlook: !!outlook,
      },
    ],
    (page, signal) =>
      unwrap(
        api().GET("/buildings", {
          params: {
            query: {
              ...page,
              ...(q === undefined ? {} : { q }),
              ...(region === undefined ? {} : { region }),
              ...(archived ? { archived } : {}),
              ...(unplaced ? { without_coordinates: true } : {}),
              ...(outlook ? { outlook } : {}),
            },
          },
          signal,
        }),
      ),
  );
}

/** The office's notes about a building, the latest first. */
export function commentsQuery(buildingId: number) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "comments", buildingId],
    queryFn: async ({ signal }): Promise<Comment[]> =>
      (
        await unwrap(
          api().GET("/buildings/{id}/comments", { params: { path: { id: buildingId } }, signal }),
        )
      ).items,
  });
}

/** Stores a note, a new one without an id. */
export function useSaveComment(buildingId: number, id: number | undefined) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ text, version }: { text: string; version: number }): Promise<Comment> =>
      id === undefined
        ? unwrap(
            api().POST("/buildings/{id}/comments", {
              params: { path: { id: buildingId } },
              body: { text },
            }),
          )
        : unwrap(
            api().PUT("/comments/{id}", { params: { path: { id } }, body: { text, version } }),
          ),
    onSuccess: () =>
      queryClient.invalidateQueries({ queryKey: commentsQuery(buildingId).queryKey }),
  });
}

export function useDeleteComment({ id, building_id }: Comment) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      try {
        await unwrap(api().DELETE("/comments/{id}", { params: { path: { id } } }));
      } catch (error) {
        // A colleague was faster: it is as one wanted.
        if (!(error instanceof ApiError && error.code === "not_found")) {
          throw error;
        }
      }
    },
    onSuccess: () =>
      queryClient.invalidateQueries({ queryKey: commentsQuery(building_id).queryKey }),
  });
}

/** The versions of a building's manual, the newest first. */
export function manualsQuery(buildingId: number) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "manuals", buildingId],
    queryFn: async ({ signal }): Promise<Manual[]> =>
      (
        await unwrap(
          api().GET("/buildings/{id}/manuals", { params: { path: { id: buildingId } }, signal }),
        )
      ).items,
  });
}

function useManualMutation<Input>(buildingId: number, change: (input: Input) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    // Also when it was refused: a colleague may have been faster.
    onSettled: () => queryClient.invalidateQueries({ queryKey: manualsQuery(buildingId).queryKey }),
  });
}

/** Adds a version. The form goes by fetch itself: it is sent as it is read from the disk. */
export function useUploadManual(buildingId: number) {
  return useManualMutation(buildingId, async (file: File): Promise<Manual> => {
    const body = new FormData();
    body.set("file", file);
    const answer = await apiFetch(apiURL(`/buildings/${buildingId}/manuals`), {
      method: "POST",
      body,
    });
    return readAnswer<Manual>(answer);
  });
}

/** Stores the photo of a building's front, in the place of the one that it has; without a file it is removed. */
export function usePutFront(buildingId: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (file: File | undefined): Promise<Building> => {
      const url = apiURL(`/buildings/${buildingId}/photo`);
      if (file === undefined) {
        return readAnswer<Building>(await apiFetch(url, { method: "DELETE" }));
      }
      const photo = await shrinkPhoto(file);
      const body = new FormData();
      body.set("file", new Blob([photo.bytes], { type: photo.contentType }));
      return readAnswer<Building>(await apiFetch(url, { method: "PUT", body }));
    },
    onSuccess: (building) => {
      queryClient.setQueryData(buildingQuery(buildingId).queryKey, building);
      void queryClient.invalidateQueries({ queryKey: queryKeys.buildings });
      void queryClient.invalidateQueries({ queryKey: queryKeys.tours });
    },
  });
}

export function useManualStatus({ id, building_id }: Manual) {
  return useManualMutation(building_id, (status: "up_to_date" | "needs_update") =>
    unwrap(api().PUT("/manuals/{id}", { params: { path: { id } }, body: { status } })),
  );
}

export function useDeleteManual({ id, building_id }: Manual) {
  return useManualMutation(building_id, () =>
    unwrap(api().DELETE("/manuals/{id}", { params: { path: { id } } })),
  );
}

/** From the first to the last day, each of them open when it is left out. */
export type Period = { from?: string | undefined; to?: string | undefined };

/** The name of all visits at a building in the cache, whatever the period. */
export function visitsKey(buildingId: number) {
  return [...queryKeys.buildings, "visits", buildingId];
}

/** What happened at a building, the latest visit first, by page. */
export function visitsQuery(buildingId: number, { from, to }: Period) {
  return pagedQuery<BuildingVisit>(
    [...visitsKey(buildingId), { from: from ?? "", to: to ?? "" }],
    (page, signal) =>
      unwrap(
        api().GET("/buildings/{id}/visits", {
          params: {
            path: { id: buildingId },
            query: {
              ...page,
              limit: 20,
              ...(from === undefined ? {} : { from }),
              ...(to === undefined ? {} : { to }),
            },
          },
          signal,
        }),
      ),
  );
}

/** The visits of the next days, the next one first. */
export function plannedVisitsQuery(buildingId: number) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "planned-visits", buildingId],
    queryFn: async ({ signal }): Promise<PlannedVisit[]> =>
      (
        await unwrap(
          api().GET("/buildings/{id}/planned-visits", {
            params: { path: { id: buildingId } },
            signal,
          }),
        )
      ).items,
  });
}

/** Who changed what about a building, the latest first, by page. */
export function historyQuery(buildingId: number) {
  return pagedQuery<AuditEntry>(
    [...queryKeys.buildings, "history", buildingId],
    async (page, signal) => {
      const { items, next_cursor } = await unwrap(
        api().GET("/audit", {
          params: {
            query: { ...page, limit: 10, thing_kind: "building", thing_id: String(buildingId) },
          },
          signal,
        }),
      );
      return { items, next_cursor };
    },
  );
}

/** Who can manage buildings. */
export const syndicsQuery = queryOptions({
  queryKey: [...queryKeys.users, "syndics"],
  queryFn: async ({ signal }): Promise<User[]> => {
    const users = await allPages<User>((page) =>
      unwrap(api().GET("/users", { params: { query: { ...page, role: "syndic" } }, signal })),
    );
    return users.filter((user) => user.active);
  },
});

export type BuildingFacts = {
  region_id: number;
  name: string;
  address: Address;
  syndic_ids: number[];
  /** Null leaves them as they are. */
  tell_syndic: boolean | null;
  public_photos: boolean | null;
  customer_number: string;
  coordinates: Building["coordinates"];
  agreed_minutes: number;
  version: number;
};

// Tours carry the names of their stops.
function useBuildingMutation<Input>(change: (input: Input) => Promise<Building>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (building) => {
      queryClient.setQueryData(buildingQuery(building.id).queryKey, building);
      await Promise.all(
        [queryKeys.buildings, queryKeys.tours].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
}

/** Stores a building, a new one without an id. */
export function useSaveBuilding(id: number | undefined) {
  return useBuildingMutation((facts: BuildingFacts) =>
    id === undefined
      ? unwrap(api().POST("/buildings", { body: facts }))
      : unwrap(api().PUT("/buildings/{id}", { params: { path: { id } }, body: facts })),
  );
}

export function useArchiveBuilding(id: number) {
  return useBuildingMutation(() =>
    unwrap(api().DELETE("/buildings/{id}", { params: { path: { id } } })),
  );
}

export function useUnarchiveBuilding(id: number) {
  return useBuildingMutation(() =>
    unwrap(api().POST("/buildings/{id}/unarchive", { params: { path: { id } } })),
  );
}

/** Gives a building another public id; the present one leads nowhere any more. */
export function useRenewPublicId(id: number) {
  return useBuildingMutation(() =>
    unwrap(api().POST("/buildings/{id}/public-id", { params: { path: { id } } })),
  );
}
