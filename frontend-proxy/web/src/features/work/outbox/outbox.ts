import { liveQuery } from "dexie";
import { ApiError } from "@/shared/api/client";
import type { OutboxDatabase } from "./database";
import { type Answer, type Entry, type EntryDraft, keyOf, nextToSend } from "./entries";

/** Sends one entry and gives the server's answer; throws ApiError when it is not accepted. */
export type Transport = (entry: Entry) => Promise<Answer>;

export type OutboxOptions = {
  database: OutboxDatabase;
  transport: Transport;
  /** Runs after the server accepted an entry and before it leaves the queue, so that no screen shows a gap. */
  onSent?: (entry: Entry, answer: Answer) => void | Promise<void>;
  now?: () => number;
  random?: () => number;
  newId?: () => string;
  /** Runs work while no other tab sends; answers false when another tab does. */
  exclusively?: (work: () => Promise<void>) => Promise<boolean>;
};

export type OutboxSnapshot = {
  entries: readonly Entry[];
  sendingId: string | undefined;
  /** The server no longer knows the session; sending waits for a new sign-in. */
  signedOut: boolean;
};

const firstDelay = 1_000;
const longestDelay = 60_000;
const otherTabDelay = 5_000;

/** How long to wait after the n-th failed attempt: doubling, spread so that phones do not knock in step. */
export function backOff(attempts: number, random: number): number {
  return Math.min(longestDelay, firstDelay * 2 ** (attempts - 1)) * (0.5 + random / 2);
}

async function withTabLock(work: () => Promise<void>): Promise<boolean> {
  if (!("locks" in navigator)) {
    await work();
    return true;
  }
  return navigator.locks.request("trottoir-outbox", { ifAvailable: true }, async (lock) => {
    if (lock === null) {
      return false;
    }
    await work();
    return true;
  });
}

/**
 * Keeps what a worker does until the server has it. Entries carry client-made UUIDs and may be sent any number of
 * times; they leave only when the server accepted them or the worker removed them.
 */
export class Outbox {
  private readonly options: Required<OutboxOptions>;
  private readonly listeners = new Set<() => void>();
  private snapshot: OutboxSnapshot = { entries: [], sendingId: undefined, signedOut: false };
  private accountId: number | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopWatching: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.options = {
      onSent: () => undefined,
      now: Date.now,
      random: Math.random,
      newId: () => crypto.randomUUID(),
      exclusively: withTabLock,
      ...options,
    };
  }

  /** Begins to send the entries of this account; entries of others stay where they are. */
  start(accountId: number): void {
    if (this.accountId === accountId) {
      this.publish({ signedOut: false });
      this.wake();
      return;
    }
    this.stop();
    this.accountId = accountId;
    const query = liveQuery(() => this.load());
    const subscription = query.subscribe((entries) => this.publish({ entries }));
    const wake = () => this.wake();
    const wakeWhenVisible = () => {
      if (document.visibilityState === "visible") {
        this.wake();
      }
    };
    window.addEventListener("online", wake);
    window.addEventListener("focus", wake);
    document.addEventListener("visibilitychange", wakeWhenVisible);
    this.stopWatching = () => {
      subscription.unsubscribe();
      window.removeEventListener("online", wake);
      window.removeEventListener("focus", wake);
      document.removeEventListener("visibilitychange", wakeWhenVisible);
    };
    this.publish({ signedOut: false });
    this.wake();
  }

  /** Stops sending; nothing is removed. */
  stop(): void {
    this.stopWatching?.();
    this.stopWatching = undefined;
    this.accountId = undefined;
    clearTimeout(this.timer);
    this.publish({ entries: [], signedOut: false });
  }

  /** Puts something in the queue; the same intention twice is kept once. */
  async add(draft: EntryDraft): Promise<void> {
    if (this.accountId === undefined) {
      throw new Error("outbox: add before start");
    }
    const id = this.options.newId();
    const key = keyOf(draft, id);
    const now = this.options.now();
    const entry = {
      ...draft,
      id,
      key,
      accountId: this.accountId,
      createdAt: new Date(now).toISOString(),
      state: "waiting",
      attempts: 0,
      notBefore: 0,
    } as Entry;
    const { entries } = this.options.database;
    await this.options.database.transaction("rw", entries, async () => {
      const same = await entries.where("key").equals(key).first();
      if (same?.state === "waiting") {
        return;
      }
      if (same !== undefined) {
        // Doing it again replaces the try that was refused.
        await entries.delete(same.seq as number);
      }
      await entries.add(entry);
    });
    void this.flush();
  }

  /** Offers a refused entry to the server again. */
  async retry(id: string): Promise<void> {
    await this.options.database.entries
      .where("id")
      .equals(id)
      .modify((entry) => {
        entry.state = "waiting";
        entry.attempts = 0;
        entry.notBefore = 0;
        delete entry.refusal;
      });
    void this.flush();
  }

  /** Gives an entry up for good; only ever called because the worker said so. */
  async remove(id: string): Promise<void> {
    await this.options.database.entries.where("id").equals(id).delete();
    void this.flush();
  }

  /** Network or attention is back: forget the waiting times and send now. */
  wake(): void {
    void this.options.database.entries
      .filter((entry) => entry.state === "waiting" && entry.notBefore > this.options.now())
      .modify({ notBefore: 0 })
      .then(() => this.flush());
  }

  /** Sends until the queue is empty or must wait; resolves then. Concurrent calls share one pass. */
  flush(): Promise<void> {
    if (this.running !== undefined) {
      this.again = true;
      return this.running;
    }
    this.running = this.pass().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): OutboxSnapshot => this.snapshot;

  private async pass(): Promise<void> {
    clearTimeout(this.timer);
    do {
      this.again = false;
      const mine = await this.options.exclusively(() => this.sendAll());
      if (!mine) {
        this.schedule(otherTabDelay);
        return;
      }
    } while (this.again);
    await this.scheduleNext();
  }

  private async sendAll(): Promise<void> {
    for (;;) {
      if (this.accountId === undefined || this.snapshot.signedOut) {
        return;
      }
      const entry = nextToSend(await this.load(), this.options.now());
      if (entry === undefined || !(await this.send(entry))) {
        return;
      }
    }
  }

  // Answers whether the pass may go on with the next entry.
  private async send(entry: Entry): Promise<boolean> {
    this.publish({ sendingId: entry.id });
    try {
      const answer = await this.options.transport(entry);
      await this.options.onSent(entry, answer);
      await this.options.database.entries.where("id").equals(entry.id).delete();
      return true;
    } catch (error) {
      return await this.settle(entry, error);
    } finally {
      this.publish({ sendingId: undefined });
    }
  }

  private async settle(entry: Entry, error: unknown): Promise<boolean> {
    const known = error instanceof ApiError ? error : undefined;
    if (known?.code === "unauthenticated") {
      this.publish({ signedOut: true });
      return false;
    }
    if (known !== undefined && !known.temporary) {
      await this.update(entry, {
        state: "refused",
        refusal: { code: known.code, ...(known.reason ? { reason: known.reason } : {}) },
      });
      return true;
    }
    const attempts = entry.attempts + 1;
    const wait = Math.max(
      backOff(attempts, this.options.random()),
      (known?.retryAfter ?? 0) * 1000,
    );
    await this.update(entry, { attempts, notBefore: this.options.now() + wait });
    // One entry that the server cannot digest must not stop the others; no network stops all.
    return known !== undefined && known.status >= 500;
  }

  private async update(entry: Entry, changes: Partial<Entry>): Promise<void> {
    await this.options.database.entries
      .where("id")
      .equals(entry.id)
      .modify((stored) => {
        Object.assign(stored, changes);
      });
  }

  private async load(): Promise<Entry[]> {
    if (this.accountId === undefined) {
      return [];
    }
    return this.options.database.entries.where("accountId").equals(this.accountId).sortBy("seq");
  }

  private async scheduleNext(): Promise<void> {
    if (this.snapshot.signedOut) {
      return;
    }
    const waiting = (await this.load()).filter(
      (entry) => entry.state === "waiting" && entry.notBefore > this.options.now(),
    );
    if (waiting.length > 0) {
      const next = Math.min(...waiting.map((entry) => entry.notBefore));
      this.schedule(Math.max(next - this.options.now(), 100));
    }
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), delay);
  }

  private publish(changes: Partial<OutboxSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...changes };
    for (const listener of this.listeners) {
      listener();
    }
  }
}
