import {
  queryOptions,
  type UseMutationResult,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, unwrap } from "../api/client";
import { allPages, pagedQuery } from "../api/pages";
import { queryKeys } from "../api/query-keys";
import type { Swap } from "../api/types";
import { useChannels } from "../realtime/live-context";
import { useNowAndThen } from "../realtime/use-now-and-then";

/** What is not decided yet, that first which wants a decision; for the office. */
export const liveSwapsQuery = queryOptions({
  queryKey: [...queryKeys.swaps, "live"],
  queryFn: ({ signal }): Promise<Swap[]> =>
    allPages((page) => unwrap(api().GET("/swaps", { params: { query: page }, signal }))),
});

/** What was decided, withdrawn or has lapsed, the latest first, by page; for the office. */
export const endedSwapsQuery = pagedQuery<Swap>([...queryKeys.swaps, "ended"], (page, signal) =>
  unwrap(api().GET("/swaps", { params: { query: { ...page, state: "ended" } }, signal })),
);

/** What the worker has asked and taken. */
export const mySwapsQuery = queryOptions({
  queryKey: [...queryKeys.swaps, "mine"],
  queryFn: ({ signal }): Promise<Swap[]> =>
    allPages((page) => unwrap(api().GET("/me/swaps", { params: { query: page }, signal }))),
});

/** The runs of others that the worker could take. */
export const openSwapsQuery = queryOptions({
  queryKey: [...queryKeys.swaps, "open"],
  queryFn: ({ signal }): Promise<Swap[]> =>
    allPages((page) => unwrap(api().GET("/me/swaps/open", { params: { query: page }, signal }))),
});

/** Reads swaps again when something becomes of one, wherever; for the office. */
export function useSwapEvents(): void {
  const queryClient = useQueryClient();
  const readAgain = useNowAndThen(
    () => void queryClient.invalidateQueries({ queryKey: queryKeys.swaps }),
  );
  useChannels(["swaps"], { onEvent: readAgain, onGap: readAgain });
}

export function isLive({ state }: Swap): boolean {
  return state === "open" || state === "taken";
}

/** Asks that somebody else does a run. The id is made once: sending it again asks nothing twice. */
export function useAskSwap() {
  return useSwapChange((asked: { id: string; run_id: number; message: string }) =>
    unwrap(api().POST("/swaps", { body: asked })),
  );
}

/** What a worker does with a swap. */
export type SwapStep = "withdraw" | "take" | "give-back";

export function useSwapStep(id: string, step: SwapStep) {
  return useSwapChange(() => {
    const params = { params: { path: { id } } };
    switch (step) {
      case "withdraw":
        return unwrap(api().POST("/swaps/{id}/withdraw", params));
      case "take":
        return unwrap(api().POST("/swaps/{id}/take", params));
      case "give-back":
        return unwrap(api().POST("/swaps/{id}/give-back", params));
    }
  });
}

export function useApproveSwap(id: string) {
  return useSwapChange((approval: { taken_by: number; despite_absence: boolean }) =>
    unwrap(api().POST("/swaps/{id}/approve", { params: { path: { id } }, body: approval })),
  );
}

export function useRefuseSwap(id: string) {
  return useSwapChange((reason: string) =>
    unwrap(api().POST("/swaps/{id}/refuse", { params: { path: { id } }, body: { reason } })),
  );
}

/** Whatever came of it, the lists are read anew: somebody else may have been faster. */
function useSwapChange<Given>(
  change: (given: Given) => Promise<Swap>,
): UseMutationResult<Swap, Error, Given> {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.swaps }),
  });
}
