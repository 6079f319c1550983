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
import type { DeviceStore } from "@/features/work/kept/device-store";
import { type KeptManual, mostBytes } from "@/features/work/kept/manual-store";
import type { KeptPhoto } from "@/features/work/kept/photo-store";
import { queryKeys } from "@/shared/api/query-keys";
import type { Account, Run, RunDetail } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { cacheName } from "./lazy-offline-cache";

type DehydratedQuery = PersistedClient["clientState"]["queries"][number];
type KeptQuery = { hash: string; updatedAt: number; query: DehydratedQuery };
type Mark = { name: "mark"; buster: string; savedAt: number; accountId: number };

const longestAge = 7 * 24 * 3_600_000;
/** Rule 13: addresses, notes and manuals, on the device too. */
const daysAround = 14;

/**
 * Keeps on the device what a worker needs, so that the app opens and works without network: who they are, their runs, the
 * stops of these, the manuals of their buildings, small photos of the day. It is theirs alone: nobody signed in, or somebody else, and it is gone.
 */
export class OfflineCache extends Dexie implements Persister, DeviceStore {
  private kept!: EntityTable<KeptQuery, "hash">;
  private marks!: EntityTable<Mark, "name">;
  private keptManuals!: EntityTable<KeptManual, "id">;
  /** The files, apart: looking at what there is reads none of them. */
  private manualFiles!: EntityTable<{ id: number; bytes: ArrayBuffer }, "id">;
  private keptPhotos!: EntityTable<KeptPhoto, "id">;
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
    this.version(3).stores({ keptManuals: "id, buildingId, until", manualFiles: "id" });
    // Their sizes have an index, so that nobody reads the photos to add them up.
    this.version(4).stores({ keptPhotos: "id, [runId+sha256], until, size" });
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
    const kept = (await this.kept.toArray()).filter(({ query }) => !isOver(query));
    return {
      timestamp: mark.savedAt,
      buster: mark.buster,
      clientState: { mutations: [], queries: kept.map(({ query }) => query) },
    };
  }

  async removeClient(): Promise<void> {
    const { kept, marks, keptManuals, manualFiles, keptPhotos } = this;
    const all = [kept, marks, keptManuals, manualFiles, keptPhotos];
    await this.transaction("rw", all, () => Promise.all(all.map((table) => table.clear())));
  }

  manuals(): Promise<KeptManual[]> {
    return this.keptManuals.toArray();
  }

  async keepManual(manual: KeptManual, bytes: ArrayBuffer): Promise<boolean> {
    const { marks, keptManuals, manualFiles } = this;
    return this.transaction("rw", marks, keptManuals, manualFiles, async () => {
      // Whoever asked for it may have signed out since, in this window or another.
      if (this.leaving || (await marks.get("mark"))?.accountId !== manual.accountId) {
        return false;
      }
      const before = await keptManuals.where({ buildingId: manual.buildingId }).primaryKeys();
      await Promise.all([keptManuals.bulkDelete(before), manualFiles.bulkDelete(before)]);
      await Promise.all([keptManuals.put(manual), manualFiles.put({ id: manual.id, bytes })]);
      return true;
    });
  }

  async keepManualUntil(id: number, until: string): Promise<void> {
    await this.keptManuals.update(id, { until });
  }

  async dropManuals(ids: readonly number[]): Promise<void> {
    const { keptManuals, manualFiles } = this;
    await this.transaction("rw", keptManuals, manualFiles, () =>
      Promise.all([keptManuals.bulkDelete([...ids]), manualFiles.bulkDelete([...ids])]),
    );
  }

  async manualBytes(id: number): Promise<ArrayBuffer | undefined> {
    const manual = await this.keptManuals.get(id);
    // One that may not be read any more goes with the next word of the server.
    return manual === undefined || manual.until < today()
      ? undefined
      : (await this.manualFiles.get(id))?.bytes;
  }

  async keepPhoto(photo: KeptPhoto): Promise<boolean> {
    const { marks, keptManuals, keptPhotos } = this;
    return this.transaction("rw", marks, keptManuals, keptPhotos, async () => {
      if (this.leaving || (await marks.get("mark"))?.accountId !== photo.accountId) {
        return false;
      }
      await keptPhotos.where("until").below(today()).delete();
      let bytes = photo.size + (await this.photoBytes());
      await keptManuals.each(({ size }) => {
        bytes += size;
      });
      if (photo.until < today() || bytes > mostBytes) {
        return false;
      }
      await keptPhotos.put(photo);
      return true;
    });
  }

  async keptPhoto(id: string): Promise<ArrayBuffer | undefined> {
    const photo = await this.keptPhotos.get(id);
    return photo === undefined || photo.until < today() ? undefined : photo.bytes;
  }

  async wasSent(runId: number, sha256: string): Promise<boolean> {
    return (await this.keptPhotos.where({ runId, sha256 }).count()) > 0;
  }

  async photoBytes(): Promise<number> {
    const sizes = (await this.keptPhotos.orderBy("size").keys()) as number[];
    return sizes.reduce((sum, size) => sum + size, 0);
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
    const { kept, marks, keptManuals, manualFiles, keptPhotos } = this;
    const all = [kept, marks, keptManuals, manualFiles, keptPhotos];
    await this.transaction("rw", all, async () => {
      const mark = await this.marks.get("mark");
      if (mark?.accountId !== accountId || mark.buster !== buster) {
        await this.kept.clear();
      }
      if (mark?.accountId !== accountId) {
        await Promise.all([keptManuals, manualFiles, keptPhotos].map((table) => table.clear()));
      }
      await this.marks.put({ name: "mark", buster, savedAt: timestamp, accountId });
      await this.kept
        .where("updatedAt")
        .below(timestamp - longestAge)
        .delete();
      await this.forgetPast(clientState.queries);
      for (const query of clientState.queries.filter((one) => !isOver(one))) {
        const updatedAt = query.state.dataUpdatedAt;
        const known = await this.kept.get(query.queryHash);
        // Another tab may know something newer.
        if (known === undefined || known.updatedAt <= updatedAt) {
          await this.kept.put({ hash: query.queryHash, updatedAt, query: settled(query) });
        }
      }
    });
  }

  // When there is a newer list of runs: what is on none of them any more goes, and so does what is too long ago (rule 13).
  private async forgetPast(queries: readonly DehydratedQuery[]): Promise<void> {
    const list = queries.find(({ queryKey }) => queryKey[0] === queryKeys.myRuns[0]);
    const known = list === undefined ? undefined : await this.kept.get(list.queryHash);
    if (list === undefined || (known?.updatedAt ?? 0) >= list.state.dataUpdatedAt) {
      return;
    }
    const mine = new Set((list.state.data as Run[]).map(({ id }) => id));
    await this.kept
      .filter(
        ({ query }) => isOver(query) || (isRun(query) && !mine.has(query.queryKey[1] as number)),
      )
      .delete();
    await this.keptPhotos
      .filter(({ runId, until }) => until < today() || !mine.has(runId))
      .delete();
    const past = await this.keptManuals.where("until").below(today()).primaryKeys();
    await this.dropManuals(past);
  }
}

function isRun({ queryKey }: Pick<DehydratedQuery, "queryKey">): boolean {
  return queryKey[0] === queryKeys.run(0)[0];
}

/** A run of so long ago that its worker does not see its addresses any more. */
function isOver(query: DehydratedQuery): boolean {
  const { date } = (isRun(query) ? query.state.data : {}) as Partial<RunDetail>;
  return date !== undefined && date < addDays(today(), -daysAround);
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
  if (name === queryKeys.me[0] || name === queryKeys.myRuns[0] || name === queryKeys.myHours[0]) {
    return true;
  }
  // A run that the office looks at is not the worker's.
  const mine = queryClient.getQueryData<Run[]>(queryKeys.myRuns);
  return name === queryKeys.wasteKinds[0]
    ? mine !== undefined
    : name === queryKeys.run(0)[0] && mine?.some((run) => run.id === id) === true;
}
