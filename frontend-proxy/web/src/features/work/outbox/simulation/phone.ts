import { api, unwrap } from "@/shared/api/client";
import { PhotoError } from "@/shared/shrunk-photo";
import { OutboxDatabase } from "../database";
import { inPage } from "../in-page";
import { Outbox, type OutboxOptions } from "../outbox";
import { sendWithoutPage } from "../send-without-page";
import { sendEntry } from "../transport";
import type { SimulatedRequest, SimulatedServer } from "./server";
import type { VirtualTime } from "./virtual-time";

/** What may become of a request on a bad network. */
export const fates = [
  "arrives",
  "arrives",
  "arrives",
  "arrives twice",
  "lost",
  "answer lost",
  "hangs",
  "answer hangs",
  "arrives much later",
  "slow",
  "fails",
  "answer fails",
  "busy",
  "portal",
  "proxy error",
] as const;
export type Fate = (typeof fates)[number];

export type Network = "good" | "bad" | "none" | "portal";

const never = new Promise<never>(() => undefined);
const html = { "Content-Type": "text/html; charset=utf-8" };

/** A phone with its network, its clock and its storage, on which the app may be open in several tabs. */
export class Phone {
  network: Network = "good";
  /** Who is signed in: tabs share the cookie. */
  account: number | undefined;
  /** Milliseconds by which its clock is ahead. */
  skew = 0;
  /** No room is left on it. */
  full = false;
  readonly tabs: Tab[] = [];
  /** The service worker, while it sends. */
  background: Background | undefined;
  /** What pages have shown as sent: the ids of entries, and the moments at which photos were taken. */
  readonly shown = new Set<string>();
  private sending: Program | undefined;
  private lastRequest = 0;

  constructor(
    readonly time: VirtualTime,
    readonly server: SimulatedServer,
    private readonly fates: readonly Fate[],
    readonly databaseName: string,
    /** An old browser has no Web Locks: all tabs send. */
    private readonly locks: boolean,
    readonly options: Partial<OutboxOptions> = {},
  ) {}

  now = (): number => this.time.now + this.skew;

  /** Opens the app, as whoever is signed in. */
  open(): Tab {
    const tab = new Tab(this);
    this.tabs.push(tab);
    if (this.account !== undefined) {
      tab.start(this.account);
    }
    return tab;
  }

  /** The browser tells the service worker that there is network. */
  sync(): void {
    if (this.background === undefined) {
      this.background = new Background(this);
      this.background.run();
    }
  }

  programs(): Program[] {
    return this.background === undefined ? [...this.tabs] : [...this.tabs, this.background];
  }

  /** A program ends between two steps of what it does: nothing of it goes on. */
  kill(program: Program): void {
    if (program === this.background) {
      this.background = undefined;
    } else {
      this.tabs.splice(this.tabs.indexOf(program as Tab), 1);
    }
    if (this.sending === program) {
      this.sending = undefined;
    }
    program.die();
  }

  async exclusively(program: Program, work: () => Promise<void>): Promise<boolean> {
    if (program.dead) {
      return never;
    }
    if (!this.locks) {
      await work();
      return true;
    }
    if (this.sending !== undefined) {
      return false;
    }
    this.sending = program;
    try {
      await work();
    } finally {
      if (this.sending === program) {
        this.sending = undefined;
      }
    }
    return true;
  }

  /** Takes the place of the browser's fetch. */
  fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = await readRequest(input, init, this.account);
    const signal = (input instanceof Request ? input.signal : init?.signal) ?? undefined;
    switch (this.network === "bad" ? this.fate() : this.network) {
      case "none":
      case "lost":
        throw new TypeError("Failed to fetch");
      case "portal":
        return new Response("<html>Sign in to the network</html>", { headers: html });
      case "proxy error":
        return new Response("<html>Bad gateway</html>", { status: 502, headers: html });
      case "fails":
        return answer({ status: 500, body: { code: "internal", message: "" } });
      case "busy":
        return answer({ status: 429, body: { code: "resource_exhausted", message: "" } }, "30");
      case "hangs":
        return aborted(signal);
      case "arrives much later":
        // The phone gives it up; something in between holds it and passes it on when nobody waits for it any more.
        this.time.after(45_000, () => this.server.handle(request));
        return aborted(signal);
      case "slow":
        await new Promise<void>((resolve) => this.time.after(4_000, resolve));
        return answer(this.server.handle(request));
      case "answer lost":
        this.server.handle(request);
        throw new TypeError("Failed to fetch");
      case "answer hangs":
        this.server.handle(request);
        return aborted(signal);
      case "answer fails":
        this.server.handle(request);
        return answer({ status: 503, body: { code: "unavailable", message: "" } });
      case "arrives twice":
        this.server.handle(request);
        return answer(this.server.handle(request));
      default:
        return answer(this.server.handle(request));
    }
  };

  private fate(): Fate {
    this.lastRequest += 1;
    return this.fates[this.lastRequest % this.fates.length] ?? "arrives";
  }
}

async function readRequest(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  account: number | undefined,
): Promise<SimulatedRequest> {
  if (input instanceof Request) {
    const text = await input.text();
    const path = new URL(input.url).pathname;
    return { method: input.method, path, fields: text === "" ? {} : JSON.parse(text), account };
  }
  const fields: Record<string, string> = {};
  for (const [name, value] of (init?.body ?? new FormData()) as FormData) {
    if (typeof value === "string") {
      fields[name] = value;
    }
  }
  return { method: init?.method ?? "GET", path: String(input), fields, account };
}

function answer(
  { status, body }: { status: number; body: unknown },
  retryAfter?: string,
): Response {
  const headers = new Headers(retryAfter === undefined ? [] : [["Retry-After", retryAfter]]);
  return Response.json(body, { status, headers });
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** What runs on the phone with a connection of its own to what that keeps, and may end at any moment. */
class Program {
  readonly database: OutboxDatabase;
  dead = false;
  /** After how many more steps it dies. */
  private left = Number.POSITIVE_INFINITY;
  private readonly transactions = new Set<IDBTransaction>();

  constructor(protected readonly phone: Phone) {
    this.database = new OutboxDatabase(phone.databaseName);
    this.watchDatabase();
  }

  dieAfter(steps: number): void {
    this.left = steps;
  }

  die(): void {
    this.dead = true;
    for (const transaction of this.transactions) {
      try {
        transaction.abort();
      } catch {
        // It was done.
      }
    }
  }

  /** What a page and a service worker have in common. */
  protected options() {
    return {
      database: this.database,
      transport: (sending) => this.step(() => sendEntry(sending)),
      whoIsSignedIn: () => this.step(async () => (await unwrap(api().GET("/me"))).id),
      now: this.phone.now,
      random: () => 0.5,
      exclusively: (work) => this.phone.exclusively(this, work),
    } satisfies OutboxOptions;
  }

  /** Does work unless the program is dead, and tells of its end only to one that lives. */
  protected step<T>(work: () => Promise<T>): Promise<T> {
    if (this.spend()) {
      return never;
    }
    return work().then(
      (result) => (this.spend() ? never : result),
      (error) => (this.spend() ? never : Promise.reject(error)),
    );
  }

  private spend(): boolean {
    if (!this.dead) {
      this.left -= 1;
      if (this.left < 0) {
        this.phone.kill(this);
      }
    }
    return this.dead;
  }

  // Every look into the database and every change of it is a step; a full phone takes nothing.
  private watchDatabase(): void {
    this.database.use({
      stack: "dbcore",
      name: "simulation",
      create: (core) => ({
        ...core,
        transaction: (...given) => {
          const transaction = core.transaction(...given) as IDBTransaction;
          this.transactions.add(transaction);
          const forget = () => this.transactions.delete(transaction);
          transaction.addEventListener("complete", forget);
          transaction.addEventListener("abort", forget);
          return transaction;
        },
        table: (name) => {
          const table = core.table(name);
          return {
            ...table,
            mutate: (request) => {
              if (this.spend()) {
                return never;
              }
              if (this.phone.full && (request.type === "add" || request.type === "put")) {
                return Promise.reject(new DOMException("no room", "QuotaExceededError"));
              }
              return table.mutate(request);
            },
            get: (request) => (this.spend() ? never : table.get(request)),
            query: (request) => (this.spend() ? never : table.query(request)),
          };
        },
      }),
    });
  }
}

/** The app in one tab. */
export class Tab extends Program {
  readonly outbox: Outbox;
  /** Resolves when the tab dies. */
  readonly death: Promise<void>;
  private tellDeath: () => void = () => undefined;

  /** Whose work it shows. */
  account: number | undefined;

  constructor(phone: Phone) {
    super(phone);
    this.death = new Promise((resolve) => {
      this.tellDeath = resolve;
    });
    this.outbox = new Outbox({
      ...inPage,
      ...this.options(),
      shrink: (file) =>
        this.step(async () => {
          if (file.type === "text/plain") {
            throw new PhotoError("photo_unreadable");
          }
          return { bytes: new ArrayBuffer(4), contentType: "image/jpeg" };
        }),
      onSent: (entry) =>
        this.step(async () => {
          phone.shown.add(entry.id);
          if (entry.kind === "picture") {
            phone.shown.add(entry.takenAt);
          }
        }),
      ...phone.options,
    });
  }

  start(account: number): void {
    this.account = account;
    this.outbox.start(account);
  }

  stop(): void {
    this.account = undefined;
    this.outbox.stop();
  }

  override die(): void {
    super.die();
    this.outbox.stop();
    this.tellDeath();
  }
}

/** The service worker, which sends once. */
export class Background extends Program {
  run(): void {
    sendWithoutPage({ ...this.options(), ...this.phone.options }, new AbortController().signal)
      .catch(() => undefined) // the browser tries again
      .finally(() => {
        if (!this.dead) {
          this.phone.kill(this);
        }
      });
  }
}
