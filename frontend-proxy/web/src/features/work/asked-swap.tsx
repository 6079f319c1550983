import { useQuery } from "@tanstack/react-query";
import { isLive, mySwapsQuery } from "@/shared/swaps/swap-queries";
import { SwapBadge } from "./swap-badge";

/** That the worker asks for somebody else. The list of runs is where they do so; without an answer the run is theirs as ever. */
export function AskedSwap({ runId }: { runId: number }) {
  const swaps = useQuery(mySwapsQuery);
  const swap = swaps.data?.find((mine) => mine.run.id === runId && isLive(mine));
  return swap === undefined ? null : <SwapBadge swap={swap} />;
}
