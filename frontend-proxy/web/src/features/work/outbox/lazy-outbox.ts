import { whenIdle } from "@/shared/when-idle";
import type { Outbox, OutboxSnapshot } from "./outbox";

/** The worker's queue, as pages use it. */
export type WorkQueue = Pick<
  Outbox,
  | "start"
  | "stop"
  | "add"
  | "takeBack"
  | "letGo"
  | "addPhoto"
  | "retry"
  | "remove"
  | "photo"
  | "wake"
  | "subscribe"
  | "getSnapshot"
>;

const nothingRead: OutboxSnapshot = {
  entries: [],
  read: false,
  sendingIds: new Set(),
  signedOut: false,
  storageProblem: undefined,
  obstacle: undefined,
};

/**
 * The queue, which is loaded with its database behind the first page. Until then nothing is known of what it holds; what is
 * added waits for it. One that cannot be loaded keeps nothing, and says so as one that lost its database.
 */
export class LazyOutbox implements WorkQueue {
  private outbox: Outbox | undefined;
  private opening: Promise<Outbox | undefined> | undefined;
  private accountId: number | undefined;
  private snapshot = nothingRead;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly load: () => Promise<Outbox>) {}

  /** Loads it now. */
  open(): Promise<Outbox | undefined> {
    this.opening ??= this.load().then(
      (outbox) => {
        this.outbox = outbox;
        this.snapshot = nothingRead;
        outbox.subscribe(this.tell);
        if (this.accountId !== undefined) {
          outbox.start(this.accountId);
        }
        this.tell();
        return outbox;
      },
      (error: unknown) => {
        reportError(error);
        this.opening = undefined;
        this.snapshot = { ...nothingRead, storageProblem: "closed" };
        this.tell();
        return undefined;
      },
    );
    return this.opening;
  }

  start(accountId: number): void {
    this.accountId = accountId;
    if (this.outbox !== undefined) {
      this.outbox.start(accountId);
      return;
    }
    // Behind what is on screen; who needs it sooner opens it.
    whenIdle(() => {
      if (this.accountId !== undefined) {
        void this.open();
      }
    });
  }

  stop(): void {
    this.accountId = undefined;
    this.outbox?.stop();
  }

  async add(...what: Parameters<Outbox["add"]>): Promise<boolean> {
    return (await this.open())?.add(...what) ?? false;
  }

  async takeBack(id: string): Promise<boolean> {
    return (await this.open())?.takeBack(id) ?? false;
  }

  async letGo(id: string): Promise<void> {
    await (await this.open())?.letGo(id);
  }

  async addPhoto(...what: Parameters<Outbox["addPhoto"]>): Promise<boolean> {
    return (await this.open())?.addPhoto(...what) ?? false;
  }

  async retry(id: string): Promise<void> {
    await (await this.open())?.retry(id);
  }

  async remove(...ids: string[]): Promise<void> {
    await (await this.open())?.remove(...ids);
  }

  async photo(id: string): Promise<ArrayBuffer | undefined> {
    return (await this.open())?.photo(id);
  }

  wake(): void {
    this.outbox?.wake();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): OutboxSnapshot => this.outbox?.getSnapshot() ?? this.snapshot;

  private tell = (): void => {
    for (const listener of this.listeners) {
      listener();
    }
  };
}
