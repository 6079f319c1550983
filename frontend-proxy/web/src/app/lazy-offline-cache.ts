import type { QueryClient } from "@tanstack/react-query";
import type { DeviceStore } from "@/features/work/kept/device-store";
import type { KeptManual } from "@/features/work/kept/manual-store";
import type { KeptPhoto } from "@/features/work/kept/photo-store";
import { meQuery } from "@/shared/account/me-query";
import { mayExist } from "@/shared/kept-database";
import type { OfflineCache } from "./offline-cache";

/** The database of the offline cache. */
export const cacheName = "trottoir-cache";

/**
 * The offline cache, which is loaded with its database when it is of use: this device may keep something, somebody is
 * signed in, or somebody leaves.
 */
export class LazyOfflineCache implements DeviceStore {
  private opened: Promise<OfflineCache> | undefined;
  private cache: OfflineCache | undefined;

  constructor(
    private readonly queryClient: QueryClient,
    private readonly shape: string,
    private readonly name = cacheName,
  ) {}

  /** Fills the cache in memory with what is on this device, and keeps both in step. */
  async attach(): Promise<void> {
    if (await mayExist(this.name)) {
      const cache = await this.open();
      await cache.attach(this.queryClient, this.shape);
      return;
    }
    const queries = this.queryClient.getQueryCache();
    const stop = queries.subscribe(() => {
      if (this.queryClient.getQueryData(meQuery.queryKey) !== undefined) {
        stop();
        this.open()
          .then((cache) => cache.keep(this.queryClient, this.shape))
          .catch(reportError);
      }
    });
  }

  /**
   * Resolves when nothing of whoever signed out is on this device: it waits for a cache that is just being loaded, which
   * else would keep their pages after they left.
   */
  async forget(): Promise<void> {
    const cache = await this.open();
    await cache.forget();
  }

  /** They stay after all. */
  keepAgain(): void {
    if (this.cache === undefined) {
      this.opened?.then((cache) => cache.keepAgain()).catch(reportError);
    } else {
      // At once: what changes next is kept.
      this.cache.keepAgain();
    }
  }

  async manuals(): Promise<KeptManual[]> {
    return (await this.open()).manuals();
  }

  async manualBytes(id: number): Promise<ArrayBuffer | undefined> {
    return (await this.open()).manualBytes(id);
  }

  async keepManual(manual: KeptManual, bytes: ArrayBuffer): Promise<boolean> {
    return (await this.open()).keepManual(manual, bytes);
  }

  async keepManualUntil(id: number, until: string): Promise<void> {
    await (await this.open()).keepManualUntil(id, until);
  }

  async dropManuals(ids: readonly number[]): Promise<void> {
    await (await this.open()).dropManuals(ids);
  }

  async keepPhoto(photo: KeptPhoto): Promise<boolean> {
    return (await this.open()).keepPhoto(photo);
  }

  async keptPhoto(id: string): Promise<ArrayBuffer | undefined> {
    return (await this.open()).keptPhoto(id);
  }

  async wasSent(runId: number, sha256: string): Promise<boolean> {
    return (await this.open()).wasSent(runId, sha256);
  }

  async photoBytes(): Promise<number> {
    return (await this.open()).photoBytes();
  }

  private open(): Promise<OfflineCache> {
    this.opened ??= import("./offline-cache").then(({ OfflineCache }) => {
      this.cache = new OfflineCache(this.name);
      return this.cache;
    });
    // What did not come is asked for again the next time.
    this.opened.catch(() => {
      this.opened = undefined;
    });
    return this.opened;
  }
}
