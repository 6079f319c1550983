import {
  type PersistedClient,
  type Persister,
  type PersistQueryClientOptions,
  persistQueryClient,
  persistQueryClientSave,
  persistQueryClientSubscribe,
} from "@tanstack/query-persist-client-core";
import type { Query, QueryClient } from "@tanstack/react-query";
import Dexie, { type EntityTable } from "dexie";
import { queryKeys } from "@/shared/api/query-keys";
import type { Account, Run } from "@/shared/api/types";
import { cacheName } from "./lazy-offline-cache";

type DehydratedQuery = PersistedClient["clientState"]["queries"][number];
type KeptQuery = { hash: string; updatedAt: number; query: DehydratedQuery };
type Mark = { name: "mark"; buster: string; savedAt: number; accountId: number };

const longestAge = 7 * 24 * 3_600_000;

/**
 * Keeps the worker's queries on the device, so that the app opens and works without network: who they are, their runs,
 * the stops of these. It is theirs alone: nobody signed in, or somebody else, and it is gone.
 */
export class OfflineCache extends Dexie implements Persister {
  private kept!: EntityTable<KeptQuery, "hash">;
  private marks!: EntityTable<Mark, "name">;
  /** Whose data this window has seen. */
  private accountId: number | undefined;
  private next: PersistedClient | undefined;
  private writing: Promise<void> | undefined;
  /** Whoever it was leaves: what their pages still show is not kept any more. */
  private leaving = false;

  constructor(
    name = cacheName,
    /** Milliseconds that reading what was kept may take. */
    private readonly patience = 5_000,
  ) {
    super(name);
    this.version(1).stores({ queries: "key, updatedAt" });
    this.version(2).stores({ queries: null, kept: "hash, updatedAt", marks: "name" });
  }

  /**
   * Fills the cache from the device and keeps both in step. The shape says what the data looks like: what an app with
   * another shape has kept is of no use.
   */
  async attach(queryClient: QueryClient, shape: string): Promise<void> {
    const [, restored] = persistQueryClient(this.persistence(queryClient, shape));
    // A device that says nothing must not keep the app from opening: it works without what was kept.
    const silence = setTimeout(() => this.close(), this.patience);
    try {
      await restored;
    } finally {
      clearTimeout(silence);
    }
  }

  /** Keeps what is in the cache already, and what comes, on a device that has kept nothing so far. */
  async keep(queryClient: QueryClient, shape: string): Promise<void> {
    const options = this.persistence(queryClient, shape);
    persistQueryClientSubscribe(options);
    await persistQueryClientSave(options);
  }

  private persistence(queryClient: QueryClient, shape: string): PersistQueryClientOptions {
    return {
      queryClient,
      persister: this,
      buster: shape,
      maxAge: longestAge,
      dehydrateOptions: {
        shouldDehydrateQuery: (query) => isKept(query, queryClient),
        shouldDehydrateMutation: () => false,
      },
      // Restored queries are not forgotten for want of a page that shows them.
      hydrateOptions: { defaultOptions: { queries: { gcTime: Number.POSITIVE_INFINITY } } },
    };
  }

  /** Resolves when what was last given is on the device. A state that a newer one replaced is not written. */
  persistClient(client: PersistedClient): Promise<void> {
    this.next = client;
    this.writing ??= this.writeAll();
    return this.writing;
  }

  async restoreClient(): Promise<PersistedClient | undefined> {
    const mark = await this.marks.get("mark");
    if (mark === undefined) {
      return undefined;
    }
    this.accountId = mark.accountId;
    const kept = await this.kept.toArray();
    return {
      timestamp: mark.savedAt,
      buster: mark.buster,
      clientState: { mutations: [], queries: kept.map(({ query }) => query) },
    };
  }

  async removeClient(): Promise<void> {
    await this.transaction("rw", this.kept, this.marks, () =>
      Promise.all([this.kept.clear(), this.marks.clear()]),
    );
  }

  /** Resolves when nothing of whoever signed out is on the device. It is for somebody else once the cache in memory is empty. */
  async forget(): Promise<void> {
    this.leaving = true;
    this.next = undefined;
    await this.writing;
    this.accountId = undefined;
    await this.removeClient();
  }

  /** They stay after all: the next change of what their pages show is kept, with all the rest. */
  keepAgain(): void {
    this.leaving = false;
  }

  private async writeAll(): Promise<void> {
    for (let client = this.next; client !== undefined; client = this.next) {
      this.next = undefined;
      try {
        await this.write(client);
      } catch (error) {
        // The app works without it; the next change tries again.
        reportError(error);
      }
    }
    this.writing = undefined;
  }

  private async write({ buster, timestamp, clientState }: PersistedClient): Promise<void> {
    const me = clientState.queries.find(({ queryKey }) => queryKey[0] === queryKeys.me[0]);
    const accountId = (me?.state.data as Account | undefined)?.id;
    if (this.leaving && accountId !== undefined) {
      return;
    }
    if (accountId === undefined) {
      this.leaving = false;
      // Not known yet is not signed out: another tab may know.
      if (this.accountId !== undefined) {
        this.accountId = undefined;
        await this.removeClient();
      }
      return;
    }
    this.accountId = accountId;
    await this.transaction("rw", this.kept, this.marks, async () => {
      const mark = await this.marks.get("mark");
      if (mark?.accountId !== accountId || mark.buster !== buster) {
        await this.kept.clear();
      }
      await this.marks.put({ name: "mark", buster, savedAt: timestamp, accountId });
      await this.kept
        .where("updatedAt")
        .below(timestamp - longestAge)
        .delete();
      for (const query of clientState.queries) {
        const updatedAt = query.state.dataUpdatedAt;
        const known = await this.kept.get(query.queryHash);
        // Another tab may know something newer.
        if (known === undefined || known.updatedAt <= updatedAt) {
          await this.kept.put({ hash: query.queryHash, updatedAt, query: settled(query) });
        }
      }
    });
  }
}

// Data stays good when the next fetch fails, and a failure is nothing to keep.
function settled({ promise: _, ...query }: DehydratedQuery): DehydratedQuery {
  return {
    ...query,
    state: {
      ...query.state,
      status: "success",
      fetchStatus: "idle",
      error: null,
      fetchFailureCount: 0,
      fetchFailureReason: null,
      fetchMeta: null,
    },
  };
}

function isKept({ queryKey, state }: Query, queryClient: QueryClient): boolean {
  const [name, id] = queryKey;
  if (state.data === undefined) {
    return false;
  }
  if (name === queryKeys.me[0] || name === queryKeys.myRuns[0]) {
    return true;
  }
  // A run that the office looks at is not the worker's.
  const mine = queryClient.getQueryData<Run[]>(queryKeys.myRuns);
  return name === queryKeys.run(0)[0] && mine?.some((run) => run.id === id) === true;
}
