import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { Region } from "@/shared/api/types";

/** Stores the name of a region, of a new one without an id. */
export function useSaveRegion(id: number | undefined) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (name: string): Promise<Region> =>
      id === undefined
        ? unwrap(api().POST("/regions", { body: { name } }))
        : unwrap(api().PUT("/regions/{id}", { params: { path: { id } }, body: { name } })),
    // Buildings and tours carry the name of their region.
    onSuccess: () =>
      Promise.all(
        [queryKeys.regions, queryKeys.buildings, queryKeys.tours].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      ),
  });
}

export function useDeleteRegion(id: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      await unwrap(api().DELETE("/regions/{id}", { params: { path: { id } } }));
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: queryKeys.regions }),
  });
}

/** Says where a person works from now on. */
export function usePutUserRegions() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, regionIds }: { id: number; regionIds: number[] }) => {
      await unwrap(
        api().PUT("/users/{id}/regions", {
          params: { path: { id } },
          body: { region_ids: regionIds },
        }),
      );
    },
    // The next change starts from what is stored.
    onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.users }),
  });
}
