import type { Query, QueryClient, QueryKey } from "@tanstack/react-query";

type Patch = (data: unknown) => unknown;

const waiting = new WeakMap<Query, Patch[]>();

/**
 * Lays a change over what the cache holds. A fetch that is under way may have been answered before the change: its
 * result gets the change too, and is fetched once more, so that nothing newer is covered.
 */
export function patchQuery<T>(
  queryClient: QueryClient,
  queryKey: QueryKey,
  patch: (data: T) => T,
): void {
  const apply: Patch = (data) => (data === undefined ? undefined : patch(data as T));
  queryClient.setQueryData(queryKey, apply);
  const cache = queryClient.getQueryCache();
  const query = cache.find({ queryKey, exact: true });
  if (query === undefined || query.state.fetchStatus === "idle") {
    return;
  }
  const patches = waiting.get(query);
  if (patches !== undefined) {
    patches.push(apply);
    return;
  }
  waiting.set(query, [apply]);
  const end = cache.subscribe((event) => {
    const removed = event.type === "removed";
    if (event.query !== query || (!removed && query.state.fetchStatus !== "idle")) {
      return;
    }
    end();
    const late = waiting.get(query) ?? [];
    waiting.delete(query);
    if (!removed) {
      for (const change of late) {
        queryClient.setQueryData(queryKey, change);
      }
      void queryClient.invalidateQueries({ queryKey, exact: true });
    }
  });
}
