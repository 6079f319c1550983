import type { QueryClient } from "@tanstack/react-query";
import Dexie, { type EntityTable } from "dexie";

type StoredQuery = { key: string; data: unknown; updatedAt: number };

// What a worker needs in a cellar without network: who he is, his runs, their stops.
const kept = new Set<unknown>(["me", "my-runs", "run"]);
const longestAge = 7 * 24 * 3_600_000;

/** Keeps the worker's queries on the device, so that the app opens and works without network. */
export class OfflineCache extends Dexie {
  private queries!: EntityTable<StoredQuery, "key">;

  constructor(name = "trottoir-cache") {
    super(name);
    this.version(1).stores({ queries: "key, updatedAt" });
  }

  /** Fills the cache from the device and keeps both in step. */
  async attach(queryClient: QueryClient): Promise<void> {
    await this.queries
      .where("updatedAt")
      .below(Date.now() - longestAge)
      .delete();
    for (const stored of await this.queries.toArray()) {
      queryClient.setQueryData(JSON.parse(stored.key), stored.data, {
        updatedAt: stored.updatedAt,
      });
    }
    queryClient.getQueryCache().subscribe((event) => {
      const { queryKey, state } = event.query;
      if (!kept.has(queryKey[0])) {
        return;
      }
      const key = JSON.stringify(queryKey);
      if (event.type === "removed") {
        void this.queries.delete(key);
      } else if (event.type === "updated" && event.action.type === "success") {
        void this.queries.put({ key, data: state.data, updatedAt: state.dataUpdatedAt });
      }
    });
  }
}
