const realImmediate = globalThis.setImmediate;
const realTimeout = globalThis.setTimeout;
const realClear = globalThis.clearTimeout;

/** Event-loop turns without work of the database after which everything has come to rest. */
const quietTurns = 2;

/** Timers that run when a test says so. The database takes no time; what it still has to do is known. */
export class VirtualTime {
  private readonly timers = new Map<number, { at: number; run: () => void }>();
  private lastTimer = 0;
  private inDatabase = 0;

  constructor(public now: number) {}

  /** Takes the place of the browser's timers, until release. */
  install(): void {
    globalThis.setTimeout = ((run: () => void, delay = 0) => this.after(delay, run)) as never;
    globalThis.clearTimeout = ((timer: number) => this.timers.delete(timer)) as never;
    // fake-indexeddb does its work in these.
    globalThis.setImmediate = ((run: () => void) => {
      this.inDatabase += 1;
      return realImmediate(() => {
        this.inDatabase -= 1;
        run();
      });
    }) as never;
  }

  release(): void {
    globalThis.setTimeout = realTimeout;
    globalThis.clearTimeout = realClear;
    globalThis.setImmediate = realImmediate;
  }

  after(delay: number, run: () => void): number {
    this.lastTimer += 1;
    this.timers.set(this.lastTimer, { at: this.now + Math.max(delay, 1), run });
    return this.lastTimer;
  }

  /** Resolves when nothing happens any more without time passing. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < quietTurns; quiet += 1) {
      await new Promise<void>((resolve) => realImmediate(resolve));
      if (this.inDatabase > 0) {
        quiet = -1;
      }
    }
  }

  async pass(duration: number): Promise<void> {
    const end = this.now + duration;
    for (;;) {
      await this.settle();
      let next: [number, { at: number; run: () => void }] | undefined;
      for (const timer of this.timers) {
        if (timer[1].at <= end && (next === undefined || timer[1].at < next[1].at)) {
          next = timer;
        }
      }
      if (next === undefined) {
        this.now = end;
        return;
      }
      this.timers.delete(next[0]);
      this.now = Math.max(this.now, next[1].at);
      next[1].run();
    }
  }
}
