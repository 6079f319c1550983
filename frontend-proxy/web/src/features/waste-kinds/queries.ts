import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { WasteKind } from "@/shared/api/types";
import { wasteKindsQuery } from "@/shared/waste/waste-kinds-query";

/** What there is to say about a kind of waste; its code stays. */
export type WasteKindFacts = {
  name_nl: string;
  name_en: string;
  name_fr: string;
  colour: string;
  icon: string;
};

function useWasteKindMutation<Input>(change: (input: Input) => Promise<WasteKind>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (changed) => {
      queryClient.setQueryData(wasteKindsQuery.queryKey, (kinds: WasteKind[] | undefined) =>
        kinds?.map((kind) => (kind.code === changed.code ? changed : kind)),
      );
      return queryClient.invalidateQueries({ queryKey: queryKeys.wasteKinds });
    },
  });
}

/** Adds a kind of waste. */
export function useAddWasteKind() {
  return useWasteKindMutation((body: WasteKindFacts & { code: string }) =>
    unwrap(api().POST("/waste-kinds", { body })),
  );
}

/** Stores what a kind of waste is from now on. */
export function usePutWasteKind(code: string) {
  return useWasteKindMutation((body: WasteKindFacts & { version: number }) =>
    unwrap(api().PUT("/waste-kinds/{code}", { params: { path: { code } }, body })),
  );
}

/** Takes a kind out of use, or back into it. */
export function useSetWasteKindArchived() {
  return useWasteKindMutation(({ code, archived }: { code: string; archived: boolean }) =>
    archived
      ? unwrap(api().DELETE("/waste-kinds/{code}", { params: { path: { code } } }))
      : unwrap(api().POST("/waste-kinds/{code}/unarchive", { params: { path: { code } } })),
  );
}
