import Dexie, { liveQuery } from "dexie";
import { ApiError } from "@/shared/api/client";
import { type Photo, PhotoError, type PhotoProblem } from "@/shared/shrunk-photo";
import type { OutboxDatabase } from "./database";
import {
  type Answer,
  type CameraDraft,
  type Entry,
  type EntryDraft,
  entryFormat,
  isFromNewerApp,
  isHeld,
  isPhotoOf,
  isUnsent,
  isUnshrunk,
  keyOf,
  liesAhead,
  longestWait,
  nextMoment,
  readyToSend,
  sentFormat,
} from "./entries";
import { type StorageProblem, storageProblemOf } from "./storage-problem";

/** An entry with what it needs to be sent: the bytes of its photo. */
export type Sending = { entry: Entry; photo: ArrayBuffer | undefined; signal: AbortSignal };

/** Sends one entry and gives the server's answer; throws ApiError when it is not accepted. */
export type Transport = (sending: Sending) => Promise<Answer>;

/** What happens around the queue. */
export type Surroundings = {
  /** There may be network, or somebody looks. */
  wake: () => void;
  /** The network is back. */
  reconnect: () => void;
  /** Nobody looks any more: the app may be ended without another word. */
  leave: () => void;
};

export type OutboxOptions = {
  database: OutboxDatabase;
  transport: Transport;
  /**
   * Makes a photo for the server of a camera's file; tries says how often that began and never ended. Without it, photos wait for
   * an outbox that has it.
   */
  shrink?: (file: Blob, tries: number) => Promise<Photo>;
  /** Tells what happens around the queue until what it answers is called. */
  watch?: (told: Surroundings) => () => void;
  /** Runs when something waits that may have to be sent after the app was closed. */
  sendLater?: () => void;
  /** Lets what was sent wait, with its answer, for an outbox that can show it. */
  keepAnswers?: boolean;
  /** Runs when nothing can be sent now; with the milliseconds after which the queue is looked at again, if it is. */
  onRest?: (delay: number | undefined) => void;
  /** Runs after the server accepted an entry and before it leaves the queue, so that no screen shows a gap. */
  onSent?: (entry: Entry, answer: Answer, photo: ArrayBuffer | undefined) => void | Promise<void>;
  /** Whether a photo with this content was sent for the run from this device. */
  wasSent?: (runId: number, sha256: string) => Promise<boolean>;
  /** Asks the server whose session this is: another tab may have signed in somebody else. */
  whoIsSignedIn?: (signal: AbortSignal) => Promise<number>;
  /** Runs when the server does not know the session any more, or knows another one. */
  onSignedOut?: () => void;
  now?: () => number;
  random?: () => number;
  newId?: () => string;
  /** Milliseconds after which a device that does not say whether it kept something is taken to keep nothing. */
  storageLimit?: number;
  /** Milliseconds that one try may take. */
  timeLimit?: (entry: Entry) => number;
  /** Asks the device not to clear what is kept when it needs the room. */
  persist?: () => Promise<unknown>;
  /** Runs work while no other tab sends; answers false when another tab does. */
  exclusively?: (work: () => Promise<void>) => Promise<boolean>;
};

export type OutboxSnapshot = {
  entries: readonly Entry[];
  /** The device has said what the queue holds; before that no entries mean nothing. */
  read: boolean;
  sendingIds: ReadonlySet<string>;
  /** The server no longer knows the session; sending waits for a new sign-in. */
  signedOut: boolean;
  /** The device does not keep what is done. */
  storageProblem: StorageProblem | undefined;
  /** Why nothing gets through: no network, or something in it that answers in the server's place. */
  obstacle: "network" | "foreign_answer" | undefined;
};

const firstDelay = 1_000;
const longestDelay = 60_000;
const otherTabDelay = 5_000;
const signedOutDelay = 60_000;
const storageDelay = 5_000;
const runsAtOnce = 3;

/** How long to wait after the n-th failed attempt: doubling, spread so that phones do not knock in step. */
export function backOff(attempts: number, random: number): number {
  return Math.min(longestDelay, firstDelay * 2 ** (attempts - 1)) * (0.5 + random / 2);
}

const shortestLimit = 20_000;
const longestLimit = 600_000;
const bytesPerMillisecond = 20;

/** A hanging request is given up; a slow network gets more time with each try. */
export function defaultTimeLimit(entry: Entry): number {
  const size = entry.kind === "picture" ? entry.size : 0;
  return Math.min(
    longestLimit,
    (shortestLimit + size / bytesPerMillisecond) * 2 ** Math.min(entry.attempts, 5),
  );
}

/** Asks a question whose answer, when it does not come, is waited for no longer than that to a request. */
export async function inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const request = new AbortController();
  const limit = setTimeout(() => request.abort(timeIsUp), shortestLimit);
  const given = new Promise<never>((_, reject) => {
    request.signal.addEventListener("abort", () => reject(timeIsUp), { once: true });
  });
  try {
    return await Promise.race([ask(request.signal), given]);
  } finally {
    clearTimeout(limit);
  }
}

/** A photo at which the app died as often is not decoded any more. */
export const decodingTries = 2;

// What computes checksums is missing where the address is not a secure one; a photo goes on without.
async function sha256Of(bytes: ArrayBuffer): Promise<string | undefined> {
  try {
    const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
  } catch {
    return undefined;
  }
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

/** An account's time at this device, from sign-in to sign-out: what belongs to one never touches the next. */
class Session {
  /** The server does not know us: nothing is sent until something wakes the queue. */
  halted = false;
  /** No network: epoch milliseconds until which nothing is tried. */
  pausedUntil = 0;
  networkFailures = 0;

  constructor(readonly accountId: number) {}
}

/**
 * Keeps what a worker does until the server has it. Entries carry client-made UUIDs and may be sent any number of
 * times; they leave only when the server accepted them or the worker removed them. Each run is sent in its order; runs
 * do not wait for each other.
 */
export class Outbox {
  private readonly options: Required<Omit<OutboxOptions, "whoIsSignedIn" | "shrink">> &
    Pick<OutboxOptions, "whoIsSignedIn" | "shrink">;
  private readonly listeners = new Set<() => void>();
  private snapshot: OutboxSnapshot = {
    entries: [],
    read: false,
    sendingIds: new Set(),
    signedOut: false,
    storageProblem: undefined,
    obstacle: undefined,
  };
  private session: Session | undefined;
  /** Photos that are being shrunk, or wait for their turn. */
  private readonly shrinking = new Set<string>();
  private lastShrunk: Promise<unknown> = Promise.resolve();
  /** What another outbox has sent, and this one is about to let go. */
  private readonly taking = new Set<string>();
  private readonly requests = new Map<string, AbortController>();
  private running: Promise<void> | undefined;
  private persisted: Promise<unknown> | undefined;
  // Something changed since the queue was last looked at.
  private stale = false;
  private nudge: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Milliseconds that the timer was set to. */
  private delay: number | undefined;
  private stopWatching: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.options = {
      watch: () => () => undefined,
      sendLater: () => undefined,
      keepAnswers: false,
      onRest: () => undefined,
      onSent: () => undefined,
      wasSent: async () => false,
      onSignedOut: () => undefined,
      now: Date.now,
      random: Math.random,
      newId: () => crypto.randomUUID(),
      storageLimit: 10_000,
      timeLimit: defaultTimeLimit,
      persist: async () => undefined,
      exclusively: withTabLock,
      ...options,
    };
  }

  /** Begins to send the entries of this account; entries of others stay where they are. */
  start(accountId: number): void {
    if (this.session?.accountId === accountId) {
      this.wake();
      return;
    }
    this.stop();
    this.session = new Session(accountId);
    const stopQueue = this.watchQueue(this.session);
    const stopSurroundings = this.options.watch({
      wake: () => this.wake(),
      reconnect: () => {
        // What was under way when the network went does not come back.
        this.abortRequests();
        this.wake();
      },
      leave: () => {
        if (this.snapshot.entries.some(isUnsent)) {
          this.options.sendLater();
        }
      },
    });
    this.stopWatching = () => {
      stopQueue();
      stopSurroundings();
    };
    this.wake();
  }

  /** Stops sending; nothing is removed. */
  stop(): void {
    this.stopWatching?.();
    this.stopWatching = undefined;
    this.session = undefined;
    this.taking.clear();
    this.abortRequests();
    this.unschedule();
    this.publish({
      entries: [],
      read: false,
      signedOut: false,
      storageProblem: undefined,
      obstacle: undefined,
    });
  }

  /**
   * Puts something in the queue; the same intention twice is kept once. Answers false when the device could not keep
   * it: the snapshot says why, and nothing was done. The id is given by who refers to it in what comes after. For hold
   * milliseconds it is not sent, so that takeBack can undo it; what does not need it first does not wait.
   */
  async add(draft: EntryDraft, id = this.options.newId(), hold = 0): Promise<boolean> {
    return this.keep(draft, this.accountOf(), id, hold);
  }

  /** Undoes what is held. Answers false when it is too late: it is sent, or about to be. */
  async takeBack(id: string): Promise<boolean> {
    let taken = 0;
    const held = this.options.database.entries.where("id").equals(id);
    await this.inStorage(async () => {
      taken = await held.filter((entry) => isHeld(entry, this.options.now())).delete();
    });
    void this.flush();
    return taken > 0;
  }

  /** Sends what is held without waiting any longer. */
  async letGo(id: string): Promise<void> {
    await this.inStorage(() =>
      this.change(id, (entry) => {
        delete entry.heldUntil;
      }),
    );
    void this.flush();
  }

  /**
   * Keeps a photo as the camera made it, for the account that took it, and shrinks it after that: neither closing the app
   * nor another account loses it. Answers false when the device could not keep it. What cannot become a photo is told and
   * forgotten; when nobody listens any more (tell answers false), it stays in the queue, refused.
   */
  async addPhoto(
    draft: CameraDraft,
    file: Blob,
    tell: (problem: PhotoProblem) => boolean,
  ): Promise<boolean> {
    const accountId = this.accountOf();
    const id = this.options.newId();
    let bytes: ArrayBuffer;
    try {
      bytes = await file.arrayBuffer();
    } catch {
      tell("photo_unreadable");
      return false;
    }
    const picture = { ...draft, kind: "picture" } as const;
    const contentType = file.type;
    if (await this.keep({ ...picture, bytes, contentType, unshrunk: true }, accountId, id)) {
      this.shrink(id, tell);
      return true;
    }
    const { shrink } = this.options;
    if (this.snapshot.storageProblem !== "full" || shrink === undefined) {
      return false;
    }
    // There is no room for the original; there may be for what the server gets.
    try {
      const photo = await this.inTurn(() => shrink(file, 0));
      return await this.keep({ ...picture, ...photo }, accountId, id);
    } catch (error) {
      if (error instanceof PhotoError) {
        tell(error.reason);
        return false;
      }
      throw error;
    }
  }

  private accountOf(): number {
    if (this.session === undefined) {
      throw new Error("outbox: add before start");
    }
    return this.session.accountId;
  }

  private async keep(draft: EntryDraft, accountId: number, id: string, hold = 0): Promise<boolean> {
    const key = keyOf(draft, id);
    const bookkeeping = {
      format: entryFormat,
      id,
      key,
      accountId,
      createdAt: new Date(this.options.now()).toISOString(),
      state: "waiting",
      attempts: 0,
      notBefore: 0,
      ...(hold > 0 ? { heldUntil: this.options.now() + hold } : {}),
    };
    const { entries, photos } = this.options.database;
    const kept = await this.inStorage(() =>
      this.options.database.transaction("rw", entries, photos, async () => {
        const same = await entries.where({ accountId, key }).first();
        if (same?.state === "waiting") {
          return;
        }
        // Doing it again takes the place of the try that was refused.
        const place = same?.seq === undefined ? {} : { seq: same.seq };
        if (draft.kind === "picture") {
          const { bytes, ...rest } = draft;
          await photos.put({ id, bytes });
          await entries.put({ ...rest, ...bookkeeping, size: bytes.byteLength } as Entry);
        } else {
          await entries.put({ ...draft, ...bookkeeping, ...place } as Entry);
        }
      }),
    );
    void this.flush();
    if (kept) {
      this.options.sendLater();
    }
    // With the first thing that matters, not when the app is opened: some browsers ask the person.
    this.persisted ??= this.options.persist().catch(reportError);
    return kept;
  }

  /** Offers a refused entry to the server again. */
  async retry(id: string): Promise<void> {
    await this.inStorage(() =>
      this.change(id, (entry) => {
        entry.state = "waiting";
        entry.attempts = 0;
        entry.notBefore = 0;
        delete entry.serverFailures;
        delete entry.intercepted;
        delete entry.refusal;
        if (entry.kind === "picture") {
          delete entry.shrinkTries;
        }
      }),
    );
    this.takeUp();
    void this.flush();
  }

  /** Gives entries up for good; only ever called because the worker said so. */
  async remove(...ids: string[]): Promise<void> {
    const { entries, photos } = this.options.database;
    await this.inStorage(() =>
      this.options.database.transaction("rw", entries, photos, async () => {
        await entries.where("id").anyOf(ids).delete();
        await photos.bulkDelete(ids);
      }),
    );
    for (const id of ids) {
      this.requests.get(id)?.abort();
    }
    void this.flush();
  }

  /** The bytes of a photo that waits on this device. */
  async photo(id: string): Promise<ArrayBuffer | undefined> {
    return (await this.options.database.photos.get(id))?.bytes;
  }

  /** Network or attention is back: try now. A wait that the server asked for stays. */
  wake(): void {
    const { session } = this;
    if (session === undefined) {
      return;
    }
    session.halted = false;
    session.pausedUntil = 0;
    this.takeUp();
    void this.inStorage(() =>
      this.options.database.entries
        .where("accountId")
        .equals(session.accountId)
        .filter((entry) => entry.state === "waiting" && entry.notBefore > 0)
        .modify({ notBefore: 0 }),
    ).then(() => this.flush());
  }

  /** Sends until the queue is empty or must wait; resolves then. Concurrent calls share one pass. */
  flush(): Promise<void> {
    this.stale = true;
    this.nudge?.();
    this.running ??= this.run();
    return this.running;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getSnapshot = (): OutboxSnapshot => this.snapshot;

  /** Shrinks what was not shrunk, and shows what was sent, when the app was closed or the account left. */
  private takeUp(): void {
    const { session } = this;
    if (session === undefined) {
      return;
    }
    this.load(session).then(
      (entries) => {
        for (const entry of entries) {
          if (isUnshrunk(entry) && isUnsent(entry) && !isFromNewerApp(entry)) {
            this.shrink(entry.id);
          }
        }
        void this.takeSent(entries, session);
      },
      // The queue itself says so, and the next wake tries again.
      () => undefined,
    );
  }

  private shrink(id: string, tell: (problem: PhotoProblem) => boolean = () => false): void {
    const { shrink } = this.options;
    if (shrink === undefined || this.shrinking.has(id)) {
      return;
    }
    this.shrinking.add(id);
    this.inTurn(() => this.shrinkStored(id, shrink, tell))
      .catch((error: unknown) => {
        // It stays as it is until the next wake.
        if (!(error instanceof Dexie.DexieError)) {
          reportError(error);
        } else if (this.session !== undefined) {
          this.publish({ storageProblem: storageProblemOf(error) });
        }
      })
      .finally(() => {
        this.shrinking.delete(id);
        void this.flush();
      });
  }

  // One photo at a time: a full-size picture in memory is enough for a small phone.
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.lastShrunk.then(work);
    this.lastShrunk = turn.catch(() => undefined);
    return turn;
  }

  private async shrinkStored(
    id: string,
    shrink: NonNullable<OutboxOptions["shrink"]>,
    tell: (problem: PhotoProblem) => boolean,
  ): Promise<void> {
    const { entries, photos } = this.options.database;
    const entry = await entries.where("id").equals(id).first();
    const bytes = await this.photo(id);
    if (entry?.kind !== "picture" || !entry.unshrunk) {
      return;
    }
    if (bytes === undefined) {
      await this.setRefused(id, { code: "photo_lost" });
      return;
    }
    const tries = entry.shrinkTries ?? 0;
    await this.change(id, (stored) => Object.assign(stored, { shrinkTries: tries + 1 }));
    try {
      const file = new Blob([bytes], { type: entry.contentType });
      const photo = await shrink(file, tries);
      // One that was not decoded is not what another photo of the same would be, and must not be decoded later either.
      const sha256 = tries < decodingTries ? await sha256Of(photo.bytes) : undefined;
      await this.options.database.transaction("rw", entries, photos, async () => {
        const left = await entries
          .where("id")
          .equals(id)
          .modify((stored) => {
            if (stored.kind === "picture") {
              stored.size = photo.bytes.byteLength;
              stored.contentType = photo.contentType;
              if (sha256 !== undefined) {
                stored.sha256 = sha256;
              }
              delete stored.unshrunk;
              delete stored.shrinkTries;
            }
          });
        // The worker may have removed it.
        if (left > 0) {
          await photos.put({ id, bytes: photo.bytes });
        }
      });
      // As it was, a service worker could not send it.
      this.options.sendLater();
      if (sha256 !== undefined && entry.incidentId === undefined) {
        // Nobody waits for it; that it is not known stops nobody either.
        this.tellUsedBefore(entry, sha256).catch(() => undefined);
      }
    } catch (error) {
      if (!(error instanceof PhotoError)) {
        throw error;
      }
      if (tell(error.reason)) {
        await this.remove(id);
      } else {
        await this.setRefused(id, { code: error.reason });
      }
    }
  }

  /**
   * Says of a photo that one like it waits already, or was sent: while its worker still stands there. Photos of incidents do not
   * count, to the server neither.
   */
  private async tellUsedBefore(entry: Entry, sha256: string): Promise<void> {
    const alike = await this.options.database.entries
      .where("accountId")
      .equals(entry.accountId)
      .filter(
        (other) =>
          other.kind === "picture" &&
          other.incidentId === undefined &&
          other.state !== "refused" &&
          other.id !== entry.id &&
          other.runId === entry.runId &&
          other.sha256 === sha256,
      )
      .count();
    if (alike > 0 || (await this.options.wasSent(entry.runId, sha256))) {
      await this.change(entry.id, (stored) => Object.assign(stored, { usedBefore: true }));
    }
  }

  private async run(): Promise<void> {
    do {
      this.stale = false;
      try {
        await this.pass();
      } catch (error) {
        this.publish({ storageProblem: storageProblemOf(error) });
        this.schedule(storageDelay);
      }
      // Nothing lies between this look and the end: who comes after it begins a run of their own.
    } while (this.stale);
    this.running = undefined;
    this.options.onRest(this.delay);
  }

  private async pass(): Promise<void> {
    this.unschedule();
    const { session } = this;
    if (session === undefined) {
      return;
    }
    if (!(await this.options.exclusively(() => this.sendAll(session)))) {
      this.schedule(otherTabDelay);
      return;
    }
    await this.scheduleNext(session);
  }

  // Sends what is ready, one entry of each run at a time.
  private async sendAll(session: Session): Promise<void> {
    const lanes = new Map<number, Promise<void>>();
    let failure: { error: unknown } | undefined;
    for (;;) {
      this.stale = false;
      const entries =
        failure === undefined && this.maySend(session) ? await this.load(session) : [];
      // A sign-out, or a word of the server, may have come while the queue was read.
      for (const entry of this.maySend(session) ? readyToSend(entries, this.options.now()) : []) {
        if (!lanes.has(entry.runId) && lanes.size < runsAtOnce) {
          const lane = this.send(entry, session)
            .catch((error: unknown) => {
              failure = { error };
            })
            .finally(() => lanes.delete(entry.runId));
          lanes.set(entry.runId, lane);
        }
      }
      if (lanes.size === 0) {
        if (failure !== undefined) {
          throw failure.error;
        }
        return;
      }
      if (!this.stale) {
        const nudged = new Promise<void>((resolve) => {
          this.nudge = resolve;
        });
        await Promise.race([...lanes.values(), nudged]);
        this.nudge = undefined;
      }
    }
  }

  private maySend(session: Session): boolean {
    return (
      session === this.session &&
      !session.halted &&
      !liesAhead(session.pausedUntil, this.options.now())
    );
  }

  private async send(entry: Entry, session: Session): Promise<void> {
    const request = new AbortController();
    this.requests.set(entry.id, request);
    this.publishSending();
    const limit = setTimeout(() => request.abort(timeIsUp), this.options.timeLimit(entry));
    try {
      const photo = entry.kind === "picture" ? await this.photo(entry.id) : undefined;
      const answer = await this.request(entry, photo, request.signal);
      if (session !== this.session) {
        return;
      }
      if (this.options.keepAnswers) {
        await this.settleSent(entry, { at: this.options.now(), answer });
      } else {
        await this.options.onSent(entry, answer, photo);
        await this.settleSent(entry);
      }
      session.networkFailures = 0;
      this.publish({ signedOut: false, obstacle: undefined });
    } catch (error) {
      if (session === this.session) {
        await this.settleFailed(entry, error, session);
      }
    } finally {
      clearTimeout(limit);
      this.requests.delete(entry.id);
      this.publishSending();
    }
  }

  private async request(
    entry: Entry,
    photo: ArrayBuffer | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    if (entry.kind === "picture" && photo === undefined) {
      throw new ApiError({
        status: 400,
        code: "photo_lost",
        message: "The device lost the photo.",
      });
    }
    // A transport that does not hear the signal must not hold the queue either.
    const given = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    return Promise.race([this.options.transport({ entry, photo, signal }), given]);
  }

  // Lets go of what was sent; with the answer that nobody has shown yet, it stays until somebody has.
  private async settleSent(entry: Entry, sent?: Entry["sent"]): Promise<void> {
    const { entries, photos } = this.options.database;
    await this.options.database.transaction("rw", entries, photos, async () => {
      const stored = entries.where("id").equals(entry.id);
      if (sent === undefined) {
        await stored.delete();
        await photos.delete(entry.id);
      } else {
        await stored.modify((kept) => {
          kept.format = sentFormat;
          kept.sent = sent;
          // It may have been refused to somebody who sent it at the same time.
          kept.state = "waiting";
          delete kept.refusal;
        });
      }
      if (entry.kind === "picture") {
        await entries
          .where("accountId")
          .equals(entry.accountId)
          .modify((other) => {
            if (other.kind === "step" && isPhotoOf(entry, other)) {
              other.photoSent = true;
            }
          });
      }
    });
  }

  private async settleFailed(entry: Entry, error: unknown, session: Session): Promise<void> {
    if (error === connectionGone) {
      return;
    }
    const known = error instanceof ApiError ? error : undefined;
    if (known?.code === "unauthenticated") {
      this.halt(session);
      return;
    }
    if (known?.code === "foreign_answer" && (await this.reachesServer(session))) {
      await this.postpone(entry, known);
      return;
    }
    if (session !== this.session || session.halted) {
      return;
    }
    if (known?.code === "network" || known?.code === "foreign_answer") {
      session.networkFailures += 1;
      this.publish({ obstacle: known.code });
      session.pausedUntil =
        this.options.now() + backOff(session.networkFailures, this.options.random());
      return;
    }
    if (known !== undefined && !known.temporary) {
      await this.refuse(entry, known, session);
      return;
    }
    await this.postpone(entry, known);
  }

  private async postpone(entry: Entry, failure: ApiError | undefined): Promise<void> {
    const attempts = entry.attempts + 1;
    const now = this.options.now();
    const intercepted = failure?.code === "foreign_answer";
    const atEntry = intercepted || (failure !== undefined && failure.status >= 500);
    await this.change(entry.id, (stored) => {
      stored.attempts = attempts;
      stored.notBefore = now + backOff(attempts, this.options.random());
      if (failure?.retryAfter !== undefined) {
        stored.retryAt = now + Math.min(failure.retryAfter * 1000, longestWait);
      }
      stored.serverFailures = atEntry ? (stored.serverFailures ?? 0) + 1 : 0;
      stored.intercepted = intercepted;
    });
  }

  // Something answered in the server's place: for everything, as the page of a hotspot, or for this entry only, as a filter
  // that does not like it. The queue waits for the first, and goes on without the second.
  private async reachesServer(session: Session): Promise<boolean> {
    const { whoIsSignedIn } = this.options;
    if (whoIsSignedIn === undefined) {
      return false;
    }
    try {
      const accountId = await inTime(whoIsSignedIn);
      if (session !== this.session) {
        return false;
      }
      if (accountId !== session.accountId) {
        this.halt(session);
        return false;
      }
      session.networkFailures = 0;
      this.publish({ obstacle: undefined });
      return true;
    } catch (error) {
      if (
        session === this.session &&
        error instanceof ApiError &&
        error.code === "unauthenticated"
      ) {
        this.halt(session);
      }
      return false;
    }
  }

  // The server refused, but perhaps it spoke to somebody else: another tab may have signed in another account.
  private async refuse(entry: Entry, refusal: ApiError, session: Session): Promise<void> {
    const { whoIsSignedIn } = this.options;
    if (whoIsSignedIn !== undefined && refusal.code !== "photo_lost") {
      let accountId: number;
      try {
        accountId = await inTime(whoIsSignedIn);
      } catch (error) {
        if (session === this.session) {
          // Not a second refusal: whatever this is, the entry waits.
          const code = error instanceof ApiError && error.code === "unauthenticated";
          await this.settleFailed(entry, code ? error : noAnswer, session);
        }
        return;
      }
      if (session !== this.session) {
        return;
      }
      if (accountId !== session.accountId) {
        this.halt(session);
        return;
      }
    }
    await this.setRefused(entry.id, {
      code: refusal.code,
      ...(refusal.reason ? { reason: refusal.reason } : {}),
      ...(refusal.since ? { since: refusal.since } : {}),
    });
  }

  private async setRefused(id: string, refusal: NonNullable<Entry["refusal"]>): Promise<void> {
    await this.change(id, (stored) => {
      stored.state = "refused";
      stored.refusal = refusal;
    });
  }

  private halt(session: Session): void {
    session.halted = true;
    this.publish({ signedOut: true });
    this.options.onSignedOut();
  }

  private abortRequests(): void {
    for (const request of this.requests.values()) {
      request.abort(connectionGone);
    }
  }

  // Changes what is not sent; nothing that is said of it later counts any more.
  private async change(id: string, change: (entry: Entry) => void): Promise<void> {
    await this.options.database.entries
      .where("id")
      .equals(id)
      .filter(({ sent }) => sent === undefined)
      .modify(change);
  }

  private load(session: Session): Promise<Entry[]> {
    return this.options.database.entries.where("accountId").equals(session.accountId).sortBy("seq");
  }

  private watchQueue(session: Session): () => void {
    const subscription = liveQuery(() => this.load(session)).subscribe({
      next: (entries) => {
        this.publish({ entries, read: true });
        void this.takeSent(entries, session);
      },
      error: (error) => this.publish({ storageProblem: storageProblemOf(error) }),
    });
    return () => subscription.unsubscribe();
  }

  // Shows what was sent while no page could, in the order in which the server answered, and lets it go.
  private async takeSent(entries: readonly Entry[], session: Session): Promise<void> {
    if (this.options.keepAnswers) {
      return;
    }
    const found = entries
      .flatMap((entry) => (entry.sent === undefined ? [] : [{ entry, ...entry.sent }]))
      .filter(({ entry }) => !this.taking.has(entry.id))
      .sort((a, b) => a.at - b.at);
    for (const { entry } of found) {
      this.taking.add(entry.id);
    }
    for (const { entry, answer } of found) {
      if (session === this.session) {
        await this.inStorage(async () => {
          const photo = entry.kind === "picture" ? await this.photo(entry.id) : undefined;
          try {
            await this.options.onSent(entry, answer, photo);
          } catch (error) {
            // The server has it, and will say so.
            reportError(error);
          }
          await this.settleSent(entry);
        });
      }
      this.taking.delete(entry.id);
    }
  }

  // Does something in the database; a failure, and silence too, is told in the snapshot.
  private async inStorage(work: () => PromiseLike<unknown>): Promise<boolean> {
    let limit: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      limit = setTimeout(
        () => reject(new Error("outbox: the database does not answer")),
        this.options.storageLimit,
      );
    });
    try {
      await Promise.race([this.inOpenStorage(work), silence]);
      if (this.snapshot.storageProblem !== undefined) {
        this.publish({ storageProblem: undefined });
      }
      return true;
    } catch (error) {
      this.publish({ storageProblem: storageProblemOf(error) });
      return false;
    } finally {
      clearTimeout(limit);
    }
  }

  // A connection that broke is opened once more.
  private async inOpenStorage(work: () => PromiseLike<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (storageProblemOf(error) !== "closed" || this.options.database.isOpen()) {
        throw error;
      }
      await this.options.database.open();
      await work();
    }
  }

  private async scheduleNext(session: Session): Promise<void> {
    if (session !== this.session) {
      return;
    }
    const entries = await this.load(session);
    if (!entries.some(isUnsent)) {
      return;
    }
    const now = this.options.now();
    if (session.halted) {
      this.schedule(signedOutDelay, () => {
        session.halted = false;
      });
      return;
    }
    const pause = liesAhead(session.pausedUntil, now) ? session.pausedUntil : 0;
    const moment = Math.max(pause, nextMoment(entries, now) ?? 0);
    if (moment > 0) {
      this.schedule(Math.max(moment - now, 100));
    }
  }

  private schedule(delay: number, before: () => void = () => undefined): void {
    this.unschedule();
    this.delay = delay;
    this.timer = setTimeout(() => {
      this.delay = undefined;
      before();
      void this.flush();
    }, delay);
  }

  private unschedule(): void {
    clearTimeout(this.timer);
    this.delay = undefined;
  }

  private publishSending(): void {
    this.publish({ sendingIds: new Set(this.requests.keys()) });
  }

  private publish(changes: Partial<OutboxSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...changes };
    for (const listener of this.listeners) {
      listener();
    }
  }
}

const timeIsUp = new ApiError({
  status: 0,
  code: "deadline_exceeded",
  message: "The server did not answer in time.",
});
const connectionGone = new ApiError({
  status: 0,
  code: "canceled",
  message: "The connection is gone.",
});
const noAnswer = new ApiError({ status: 0, code: "unavailable", message: "No answer." });
