import Dexie from "dexie";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { PhotoError } from "@/shared/shrunk-photo";
import { makePicture, makeVisit } from "@/shared/testing/data";
import { OutboxDatabase } from "./database";
import { type Answer, type EntryDraft, isStuck, sentFormat } from "./entries";
import { inPage } from "./in-page";
import { backOff, defaultTimeLimit, Outbox, type OutboxOptions, type Sending } from "./outbox";

const account = 3;
const visitAnswer: Answer = { kind: "visit", visit: makeVisit([]) };

const noNetwork = () => new ApiError({ status: 0, code: "network", message: "" });
const refused = (reason: string) =>
  new ApiError({ status: 400, code: "failed_precondition", message: "", reason });

const photo = (buildingId = 100): EntryDraft => ({
  kind: "picture",
  runId: 12,
  buildingId,
  step: "arrival",
  takenAt: "2026-11-24T17:00:00Z",
  bytes: new ArrayBuffer(4),
  contentType: "image/jpeg",
});
const step = (buildingId = 100): EntryDraft => ({
  kind: "step",
  runId: 12,
  buildingId,
  step: "arrival",
  occurredAt: "2026-11-24T17:01:00Z",
});

const complete: EntryDraft = {
  kind: "complete",
  runId: 12,
  reason: "Regen",
  occurredAt: "2026-11-24T19:00:00Z",
};
const start = (runId = 12): EntryDraft => ({
  kind: "start",
  runId,
  occurredAt: "2026-11-24T16:59:00Z",
  buildingIds: [100, 200],
});

describe("outbox", () => {
  let database: OutboxDatabase;
  let clock: number;
  let nextId: number;
  const outboxes: Outbox[] = [];
  const databases: OutboxDatabase[] = [];

  const makeOutbox = (
    transport: OutboxOptions["transport"],
    options: Partial<OutboxOptions> = {},
  ) => {
    const outbox = new Outbox({
      ...inPage,
      database,
      transport,
      now: () => clock,
      random: () => 1,
      newId: () => `id-${nextId++}`,
      ...options,
    });
    outboxes.push(outbox);
    outbox.start(account);
    return outbox;
  };
  const stored = () => database.entries.orderBy("seq").toArray();

  beforeEach(() => {
    database = new OutboxDatabase(`outbox-${crypto.randomUUID()}`);
    databases.push(database);
    clock = Date.parse("2026-11-24T17:00:00Z");
    nextId = 1;
  });
  afterEach(async () => {
    for (const outbox of outboxes.splice(0)) {
      outbox.stop();
      await outbox.flush();
    }
    for (const used of databases.splice(0)) {
      used.close();
    }
  });

  it("asks the device once not to clear what is kept, with the first thing, and goes on when it is refused", async () => {
    const persist = vi.fn(async () => {
      throw new Error("not now");
    });
    const complain = vi.spyOn(globalThis, "reportError").mockImplementation(() => undefined);
    const outbox = makeOutbox(async () => visitAnswer, { persist });
    await outbox.flush();
    expect(persist).not.toHaveBeenCalled();
    await outbox.add(start());
    await outbox.add(start(13));
    await outbox.flush();
    expect(persist).toHaveBeenCalledOnce();
    expect(complain).toHaveBeenCalledOnce();
    expect(await stored()).toEqual([]);
  });

  it("does not say that nothing waits before the device has said what does", async () => {
    const outbox = makeOutbox(() => new Promise(() => undefined));
    expect(outbox.getSnapshot()).toMatchObject({ entries: [], read: false });
    await outbox.add(start());
    await vi.waitFor(() =>
      expect(outbox.getSnapshot()).toMatchObject({ read: true, entries: [{ kind: "start" }] }),
    );
    outbox.stop();
    expect(outbox.getSnapshot().read).toBe(false);
  });

  it("sends a remark before its photos and changes, beside the steps, and lets neither hold up the other", async () => {
    const order: string[] = [];
    const outbox = makeOutbox(async ({ entry }) => {
      order.push(entry.kind);
      if (entry.kind === "remark" || entry.kind === "step") {
        throw refused("too_many");
      }
      return visitAnswer;
    });
    const where = { runId: 12, buildingId: 100 };
    const remark = (text: string): EntryDraft => ({
      kind: "remark",
      ...where,
      text,
      occurredAt: "2026-11-24T17:00:30Z",
    });
    await outbox.add(remark("Poort klemt"), "r1");
    const { step: _, ...ofRemark } = photo() as Extract<EntryDraft, { kind: "picture" }>;
    await outbox.add({ ...ofRemark, remarkId: "r1" });
    await outbox.add({ kind: "remark_change", ...where, remarkId: "r1", text: "Poort stuk" });
    await outbox.add({ kind: "remark_deletion", ...where, remarkId: "r2" });
    await outbox.add({ kind: "remark_deletion", ...where, remarkId: "r2" }); // a double tap
    await outbox.add(photo());
    await outbox.add(step());
    await outbox.add(remark("Na de stap"), "r3");
    await outbox.flush();

    expect(order.filter((kind) => kind === "remark")).toHaveLength(2);
    expect(order.filter((kind) => kind === "remark_deletion")).toHaveLength(1);
    expect(order).toContain("step");
    // What belongs to the refused remark waits for the worker.
    expect((await stored()).map(({ kind, state }) => [kind, state])).toEqual([
      ["remark", "refused"],
      ["picture", "waiting"],
      ["remark_change", "waiting"],
      ["step", "refused"],
      ["remark", "refused"],
    ]);
  });

  it("takes a photo off its remark after the photo has arrived, and holds nothing else up with it", async () => {
    const order: string[] = [];
    const outbox = makeOutbox(async ({ entry }) => {
      order.push(entry.kind === "picture" ? `${entry.kind} ${entry.id}` : entry.kind);
      return visitAnswer;
    });
    const where = { runId: 12, buildingId: 100, remarkId: "r1" };
    const { step: _, ...ofRemark } = photo() as Extract<EntryDraft, { kind: "picture" }>;
    await database.entries.clear();
    outbox.stop();
    const offline = makeOutbox(async () => {
      throw noNetwork();
    });
    await offline.add({ ...ofRemark, remarkId: "r1" }, "other");
    await offline.add({ ...ofRemark, remarkId: "r1" }, "p1");
    await offline.add({ kind: "picture_removal", ...where, pictureId: "p1" });
    await offline.add({ kind: "picture_removal", ...where, pictureId: "p2" });
    offline.stop();
    outbox.start(account);
    await vi.waitFor(async () => {
      await outbox.flush();
      expect(await stored()).toEqual([]);
    });
    expect(order.indexOf("picture p1")).toBeLessThan(order.indexOf("picture_removal"));
    expect(order).toHaveLength(4);
  });

  it("leaves what a newer version of the app wrote to that one, and sends what it knows", async () => {
    const newer = new Dexie(database.name);
    newer.version(99).stores({
      entries: "++seq, &id, &[accountId+key], accountId, format",
      photos: "id",
      more: "id",
    });
    await newer.table("entries").add({
      format: sentFormat + 1,
      id: "new",
      key: "weather:12",
      kind: "weather",
      accountId: account,
      runId: 12,
      createdAt: "2026-11-24T17:00:00Z",
      state: "waiting",
      attempts: 0,
      notBefore: 0,
    });
    newer.close();

    const sent: string[] = [];
    const outbox = makeOutbox(async ({ entry }) => {
      sent.push(entry.kind);
      return visitAnswer;
    });
    await outbox.add(photo());
    await outbox.add(step());
    await vi.waitFor(async () => {
      await outbox.flush();
      expect(sent).toEqual(["picture", "step"]);
    });
    expect(await stored()).toMatchObject([{ id: "new", kind: "weather", attempts: 0 }]);
  });

  it("goes on when a newer version of the app changes the database in another tab", async () => {
    const outbox = makeOutbox(async () => {
      throw noNetwork();
    });
    await outbox.add(photo());
    const newer = new Dexie(database.name);
    newer.version(99).stores({
      entries: "++seq, &id, &[accountId+key], accountId, format",
      photos: "id",
    });
    await newer.open();
    expect(await outbox.add(step())).toBe(true);
    expect(outbox.getSnapshot().storageProblem).toBeUndefined();
    expect(await newer.table("entries").count()).toBe(2);
    newer.close();
  });

  it("sends the photo before its step, whatever their speed", async () => {
    const order: string[] = [];
    let photoArrives: () => void = () => undefined;
    const outbox = makeOutbox(async ({ entry }) => {
      order.push(`begin ${entry.kind}`);
      if (entry.kind === "picture") {
        await new Promise<void>((resolve) => {
          photoArrives = resolve;
        });
      }
      order.push(`end ${entry.kind}`);
      return visitAnswer;
    });

    await outbox.add(photo());
    await outbox.add(step());
    await vi.waitFor(() => expect(order).toEqual(["begin picture"]));
    photoArrives();
    await outbox.flush();

    expect(order).toEqual(["begin picture", "end picture", "begin step", "end step"]);
    expect(await stored()).toEqual([]);
  });

  it("keeps everything without network and sends the same ids when it is back", async () => {
    let online = false;
    const tried: string[] = [];
    const transport = vi.fn(async ({ entry }: Sending) => {
      tried.push(entry.id);
      if (!online) {
        throw noNetwork();
      }
      return visitAnswer;
    });
    const outbox = makeOutbox(transport);

    await outbox.add(photo());
    await outbox.add(step());
    await outbox.flush();
    expect((await stored()).map((entry) => entry.id)).toEqual(["id-1", "id-2"]);

    online = true;
    tried.length = 0;
    window.dispatchEvent(new Event("online"));
    await vi.waitFor(async () => expect(await stored()).toEqual([]));

    expect(tried).toEqual(["id-1", "id-2"]);
  });

  it("goes on after a reload with what was in the queue", async () => {
    const first = makeOutbox(async () => {
      throw noNetwork();
    });
    await first.add(photo());
    await first.add(step());
    await first.flush();
    first.stop();

    const sent: string[] = [];
    const second = makeOutbox(async ({ entry }) => {
      sent.push(`${entry.kind} ${entry.id}`);
      return visitAnswer;
    });
    await vi.waitFor(async () => {
      await second.flush();
      expect(await stored()).toEqual([]);
    });

    expect(sent).toEqual(["picture id-1", "step id-2"]);
  });

  it("queues a double tap once", async () => {
    const outbox = makeOutbox(async () => {
      throw noNetwork();
    });

    await Promise.all([outbox.add(step()), outbox.add(step()), outbox.add(step(200))]);

    expect((await stored()).map((entry) => entry.key)).toEqual([
      "step:12:100:arrival",
      "step:12:200:arrival",
    ]);
  });

  it("does not send twice when many things wake it at once", async () => {
    const transport = vi.fn(async () => visitAnswer);
    const outbox = makeOutbox(transport);

    await outbox.add(photo());
    await Promise.all([outbox.flush(), outbox.flush(), outbox.flush()]);

    expect(transport).toHaveBeenCalledTimes(1);
  });

  it("sends again under the same id when the answer could not be kept", async () => {
    const ids: string[] = [];
    let storageFails = true;
    const outbox = makeOutbox(
      async ({ entry }) => {
        ids.push(entry.id);
        return { kind: "picture", picture: makePicture(entry.id, "arrival") };
      },
      {
        onSent: () => {
          if (storageFails) {
            throw new Error("the app was closed");
          }
        },
      },
    );

    await outbox.add(photo());
    await outbox.flush();
    expect(await stored()).toHaveLength(1);
    storageFails = false;
    clock += 60_000;
    await outbox.flush();

    expect(ids).toEqual(["id-1", "id-1"]);
    expect(await stored()).toEqual([]);
  });

  it("waits longer after each failure and not less than the server asks", async () => {
    expect([1, 2, 3, 4].map((attempts) => backOff(attempts, 1))).toEqual([
      1_000, 2_000, 4_000, 8_000,
    ]);
    expect(backOff(30, 1)).toBe(60_000);
    expect(backOff(1, 0)).toBe(500);

    const outbox = makeOutbox(async () => {
      throw new ApiError({
        status: 429,
        code: "resource_exhausted",
        message: "",
        retryAfter: 30,
      });
    });
    await outbox.add(photo());
    await outbox.flush();

    expect((await stored())[0]).toMatchObject({ attempts: 1, retryAt: clock + 30_000 });
  });

  it("keeps a refused entry with its reason, holds back its stop and lets other stops go on", async () => {
    const sent: string[] = [];
    const outbox = makeOutbox(async ({ entry }) => {
      if (entry.kind === "picture" && entry.buildingId === 100) {
        throw refused("broken_file");
      }
      sent.push(entry.key);
      return visitAnswer;
    });

    await outbox.add(photo(100));
    await outbox.add(step(100));
    await outbox.add(step(200));
    await outbox.add(complete);
    await vi.waitFor(async () => {
      await outbox.flush();
      expect(sent).toEqual(["step:12:200:arrival"]);
    });

    expect(await stored()).toMatchObject([
      { kind: "picture", state: "refused", refusal: { reason: "broken_file" } },
      { kind: "step", state: "waiting" },
      { kind: "complete", state: "waiting" },
    ]);
  });

  it("sends what was held back once the worker settled the refusal", async () => {
    const sent: string[] = [];
    const outbox = makeOutbox(async ({ entry }) => {
      if (entry.kind === "picture") {
        throw refused("broken_file");
      }
      sent.push(entry.kind);
      return visitAnswer;
    });
    await outbox.add(photo());
    await outbox.add(step());
    await outbox.flush();

    await outbox.remove("id-1");
    await vi.waitFor(async () => expect(await stored()).toEqual([]));

    expect(sent).toEqual(["step"]);
  });

  it("stops when the session ended and goes on after signing in again", async () => {
    let signedIn = false;
    const transport = vi.fn(async () => {
      if (!signedIn) {
        throw new ApiError({ status: 401, code: "unauthenticated", message: "" });
      }
      return visitAnswer;
    });
    const onSignedOut = vi.fn();
    const outbox = makeOutbox(transport, { onSignedOut });
    await outbox.add(photo());
    await outbox.add(step());
    await outbox.flush();
    expect(outbox.getSnapshot().signedOut).toBe(true);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
    expect(transport).toHaveBeenCalledTimes(1);
    expect(await stored()).toHaveLength(2);

    signedIn = true;
    outbox.start(account);
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
  });

  it("never sends what another account left on the device", async () => {
    const first = makeOutbox(async () => {
      throw noNetwork();
    });
    await first.add(photo());
    await first.flush();
    first.stop();

    const transport = vi.fn(async () => visitAnswer);
    const other = new Outbox({ database, transport, now: () => clock });
    outboxes.push(other);
    other.start(99);
    await other.flush();

    expect(transport).not.toHaveBeenCalled();
    expect(await stored()).toHaveLength(1);
  });

  it("leaves sending to the tab that already does it", async () => {
    const transport = vi.fn(async () => visitAnswer);
    const outbox = makeOutbox(transport, { exclusively: async () => false });

    await outbox.add(photo());
    await outbox.flush();

    expect(transport).not.toHaveBeenCalled();
    expect(await stored()).toHaveLength(1);
  });

  const picture = (stop: number, name: string): EntryDraft => ({
    ...(photo(stop) as Extract<EntryDraft, { kind: "picture" }>),
    bytes: new TextEncoder().encode(name).buffer as ArrayBuffer,
  });
  const serverFails = () => new ApiError({ status: 500, code: "internal", message: "" });
  const never = () => new Promise<Answer>(() => undefined);
  const settled = async (check: () => void | Promise<void>) =>
    vi.waitFor(async () => {
      await check();
    });

  it("reads no photo when something is added", async () => {
    let reads = 0;
    database.photos.hook("reading", (stored) => {
      reads += 1;
      return stored;
    });
    const outbox = makeOutbox(never);
    for (let stop = 1; stop <= 30; stop += 1) {
      await outbox.add(picture(stop, "jpeg"));
    }
    await settled(() => expect(outbox.getSnapshot().entries).toHaveLength(30));
    reads = 0;

    await outbox.add(step(1));
    await settled(() => expect(outbox.getSnapshot().entries).toHaveLength(31));

    expect(reads).toBe(0);
  });

  it("gives a photo its bytes when it is sent, and lets go of them after", async () => {
    const sent: string[] = [];
    const outbox = makeOutbox(async ({ photo: bytes }) => {
      sent.push(new TextDecoder().decode(bytes));
      return visitAnswer;
    });
    await outbox.add(picture(100, "the bins"));
    await outbox.flush();

    expect(sent).toEqual(["the bins"]);
    expect(await database.photos.count()).toBe(0);
  });

  it("refuses a photo whose bytes the device lost, instead of sending nothing", async () => {
    const transport = vi.fn(async () => visitAnswer);
    const outbox = makeOutbox(transport, { exclusively: async () => false });
    await outbox.add(picture(100, "jpeg"));
    await database.photos.clear();
    const other = makeOutbox(transport);
    await other.flush();

    expect(transport).not.toHaveBeenCalled();
    expect(await stored()).toMatchObject([{ refusal: { code: "photo_lost" } }]);
  });

  it("takes over what an earlier version of the app queued", async () => {
    const name = `outbox-${crypto.randomUUID()}`;
    const old = new Dexie(name);
    old.version(1).stores({ entries: "++seq, &id, &key, accountId" });
    const common = { accountId: account, runId: 12, state: "waiting", attempts: 0, notBefore: 0 };
    const createdAt = "2026-11-24T16:58:00Z";
    await old.table("entries").bulkAdd([
      { ...common, id: "a", key: "start:12", kind: "start", createdAt },
      { ...common, ...picture(100, "jpeg"), id: "b", key: "picture:b", createdAt },
    ]);
    old.close();

    database = new OutboxDatabase(name);
    databases.push(database);
    const sent: unknown[] = [];
    const outbox = makeOutbox(async ({ entry, photo: bytes }) => {
      sent.push(entry.kind === "start" ? entry.occurredAt : new TextDecoder().decode(bytes));
      return visitAnswer;
    });
    await settled(async () => {
      await outbox.flush();
      expect(await stored()).toEqual([]);
    });

    expect(sent).toEqual([createdAt, "jpeg"]);
  });

  it("writes to the disk before it says that something is kept", async () => {
    const transaction = vi.spyOn(IDBDatabase.prototype, "transaction");
    const outbox = makeOutbox(never);

    await outbox.add(step());

    const writes = transaction.mock.calls.filter(([, mode]) => mode === "readwrite");
    expect(writes.length).toBeGreaterThan(0);
    for (const [, , options] of writes) {
      expect(options).toEqual({ durability: "strict" });
    }
  });

  it("gives up a request that hangs, and other runs do not wait for it", async () => {
    const sent: number[] = [];
    let hangs = true;
    const outbox = makeOutbox(
      ({ entry }) => {
        if (entry.runId === 12 && hangs) {
          return never();
        }
        sent.push(entry.runId);
        return Promise.resolve(visitAnswer);
      },
      { timeLimit: () => 150 },
    );

    await outbox.add(start(12));
    await outbox.add(start(13));
    await settled(() => expect(sent).toEqual([13]));
    await settled(async () => expect(await stored()).toMatchObject([{ runId: 12, attempts: 1 }]));

    hangs = false;
    outbox.wake();
    await settled(() => expect(sent).toEqual([13, 12]));
  });

  it("sends at once when the network is back, though a request hangs", async () => {
    let calls = 0;
    const outbox = makeOutbox(() => {
      calls += 1;
      return calls === 1 ? never() : Promise.resolve(visitAnswer);
    });
    await outbox.add(step());
    await settled(() => expect(calls).toBe(1));

    window.dispatchEvent(new Event("online"));

    await settled(async () => expect(await stored()).toEqual([]));
  });

  it("gives a slow network more time with each try", () => {
    const entry = (attempts: number, size: number) =>
      ({ kind: "picture", attempts, size }) as Parameters<typeof defaultTimeLimit>[0];
    expect(defaultTimeLimit(entry(0, 400_000))).toBe(40_000);
    expect(defaultTimeLimit(entry(2, 400_000))).toBe(160_000);
    expect(defaultTimeLimit(entry(99, 400_000))).toBe(600_000);
  });

  it("shows what the server fails at, lets the rest of the run go on, and can give it up", async () => {
    const sent: string[] = [];
    const outbox = makeOutbox(async ({ entry }) => {
      if (entry.key === "step:12:100:arrival") {
        throw serverFails();
      }
      sent.push(entry.key);
      return visitAnswer;
    });
    await outbox.add(step(100));
    for (let tries = 0; tries < 5; tries += 1) {
      clock += 60_000;
      await outbox.flush();
    }
    const failing = (await stored())[0];
    expect(failing?.state).toBe("waiting");
    expect(isStuck(failing as never)).toBe(true);

    await outbox.add(step(200));
    await outbox.flush();
    expect(sent).toEqual(["step:12:200:arrival"]);
    await outbox.add(complete);
    await outbox.flush();
    expect(sent).toEqual(["step:12:200:arrival"]);

    await outbox.remove(failing?.id ?? "");
    await settled(async () => expect(await stored()).toEqual([]));
    expect(sent).toEqual(["step:12:200:arrival", "complete:12"]);
  });

  it("says that the device is full, and keeps nothing of what it could not keep", async () => {
    const outbox = makeOutbox(never);
    const put = vi.spyOn(database.photos, "put").mockImplementation(() => {
      throw new DOMException("", "QuotaExceededError");
    });

    expect(await outbox.add(photo())).toBe(false);
    expect(outbox.getSnapshot().storageProblem).toBe("full");
    expect(await stored()).toEqual([]);

    put.mockRestore();
    expect(await outbox.add(photo())).toBe(true);
    expect(outbox.getSnapshot().storageProblem).toBeUndefined();
  });

  it("keeps no photo without its entry, wherever it is killed in between", async () => {
    const outbox = makeOutbox(never);
    const put = vi.spyOn(database.entries, "put").mockImplementation(() => {
      throw new DOMException("", "AbortError");
    });
    expect(await outbox.add(photo())).toBe(false);
    expect(await database.photos.count()).toBe(0);
    put.mockRestore();

    let sent = 0;
    const gone = vi.spyOn(database.photos, "delete").mockImplementation(() => {
      throw new DOMException("", "AbortError");
    });
    const sending = makeOutbox(async () => {
      sent += 1;
      return visitAnswer;
    });
    await sending.add(photo());
    await settled(() => expect(sent).toBeGreaterThan(0));
    await sending.flush();
    expect(await stored(), "an entry leaves with its photo, or not at all").toHaveLength(1);
    expect(await database.photos.count()).toBe(1);
    gone.mockRestore();
    sending.wake();
    await settled(async () => expect(await stored()).toEqual([]));
    expect(await database.photos.count()).toBe(0);
  });

  it("completes a run after its photos and steps, also after one that has to be tried again", async () => {
    const sent: string[] = [];
    let failures = 2;
    const outbox = makeOutbox(async ({ entry }) => {
      if (entry.kind === "picture" && failures > 0) {
        failures -= 1;
        throw new ApiError({ status: 503, code: "unavailable", message: "" });
      }
      sent.push(entry.key.replace(/^picture:.*/, "picture"));
      return visitAnswer;
    });
    for (const draft of [start(), photo(), step(), photo(200), complete]) {
      await outbox.add(draft);
    }
    await settled(async () => {
      clock += 60_000;
      outbox.wake();
      await outbox.flush();
      expect(await stored()).toEqual([]);
    });
    expect(sent).toHaveLength(5);
    expect(sent.at(0)).toBe("start:12");
    expect(sent.at(-1)).toBe("complete:12");
  });

  it("forgets nothing of an account that signs out, and sends it when it is back", async () => {
    const sent: string[] = [];
    let network = false;
    const outbox = makeOutbox(async ({ entry, photo: bytes }) => {
      if (!network) {
        throw noNetwork();
      }
      sent.push(`${entry.accountId} ${entry.kind} ${bytes?.byteLength ?? ""}`.trim());
      return visitAnswer;
    });
    for (const draft of [photo(), step(), complete]) {
      await outbox.add(draft);
    }
    const before = await stored();
    outbox.stop();
    await outbox.flush();
    outbox.start(99);
    await outbox.flush();
    expect(await stored()).toEqual(before);
    expect(await database.photos.count()).toBe(1);

    network = true;
    outbox.start(account);
    await settled(async () => expect(await stored()).toEqual([]));
    expect(sent).toEqual(["3 picture 4", "3 step", "3 complete"]);
  });

  it("says that the window lost its storage", async () => {
    const outbox = makeOutbox(never);
    await outbox.flush();
    database.close();
    vi.spyOn(database, "open").mockRejectedValue(new Error("a newer version is open") as never);

    expect(await outbox.add(step())).toBe(false);
    expect(outbox.getSnapshot().storageProblem).toBe("closed");
  });

  it("opens its storage again when the connection broke", async () => {
    const outbox = makeOutbox(never);
    await outbox.flush();
    database.close();

    expect(await outbox.add(step())).toBe(true);
    expect(outbox.getSnapshot().storageProblem).toBeUndefined();
  });

  it("sends the waiting step once a new photo took the place of the refused one", async () => {
    const sent: string[] = [];
    const outbox = makeOutbox(async ({ entry, photo: bytes }) => {
      if (new TextDecoder().decode(bytes) === "broken") {
        throw refused("broken_file");
      }
      sent.push(entry.kind);
      return visitAnswer;
    });
    await outbox.add(picture(100, "broken"));
    await outbox.add(step());
    await outbox.flush();
    expect(sent).toEqual([]);

    await outbox.add(picture(100, "good"));
    await outbox.add(step());
    await settled(async () => {
      await outbox.flush();
      expect(sent).toEqual(["picture", "step"]);
    });

    expect(await stored()).toMatchObject([{ kind: "picture", state: "refused" }]);
    await outbox.add(complete);
    await outbox.flush();
    expect(sent).toEqual(["picture", "step", "complete"]);
  });

  it("keeps the place of a refused step that is done again", async () => {
    let refuses = true;
    const sent: string[] = [];
    const outbox = makeOutbox(async ({ entry }) => {
      if (refuses) {
        throw refused("photo_missing");
      }
      sent.push(entry.key);
      return visitAnswer;
    });
    await outbox.add(step());
    await outbox.flush();
    await outbox.add({ ...step(), step: "inside" } as EntryDraft);
    await outbox.flush();
    refuses = false;

    await outbox.add(step());
    await settled(async () => expect(await stored()).toEqual([]));

    expect(sent).toEqual(["step:12:100:arrival", "step:12:100:inside"]);
  });

  it("sends a step with its first photo; the other photos come after what happened", async () => {
    const sent: string[] = [];
    const outbox = makeOutbox(
      async ({ entry, photo: bytes }) => {
        sent.push(
          entry.kind === "picture"
            ? new TextDecoder().decode(bytes)
            : `${entry.kind} ${"buildingId" in entry ? entry.buildingId : ""}`.trim(),
        );
        return visitAnswer;
      },
      { exclusively: async (work) => (online ? work().then(() => true) : false) },
    );
    let online = false;
    await outbox.add(picture(100, "1a"));
    await outbox.add(picture(100, "1b"));
    await outbox.add(step(100));
    await outbox.add(picture(200, "2a"));
    await outbox.add(step(200));
    await outbox.add(complete);
    await outbox.add(start());
    await outbox.flush();
    online = true;
    await outbox.flush();

    expect(sent).toEqual(["start", "1a", "step 100", "2a", "step 200", "1b", "complete"]);
  });

  it("tries again when another tab signed in, and on its own after a while", async () => {
    let signedIn = false;
    const outbox = makeOutbox(async () => {
      if (!signedIn) {
        throw new ApiError({ status: 401, code: "unauthenticated", message: "" });
      }
      return visitAnswer;
    });
    await outbox.add(step());
    await outbox.flush();
    expect(outbox.getSnapshot().signedOut).toBe(true);

    signedIn = true;
    window.dispatchEvent(new Event("focus"));
    await settled(async () => expect(await stored()).toEqual([]));
    expect(outbox.getSnapshot().signedOut).toBe(false);
  });

  it("does not let a late answer to the account before stop the next one", async () => {
    let lateRefusal: (error: Error) => void = () => undefined;
    const sent: number[] = [];
    const outbox = makeOutbox(({ entry }) => {
      if (entry.accountId === account) {
        return new Promise((_, reject) => {
          lateRefusal = reject;
        });
      }
      sent.push(entry.accountId);
      return Promise.resolve(visitAnswer);
    });
    await outbox.add(step());
    await settled(() => expect(outbox.getSnapshot().sendingIds.size).toBe(1));

    outbox.start(99);
    lateRefusal(new ApiError({ status: 401, code: "unauthenticated", message: "" }));
    await outbox.add(step());
    await settled(() => expect(sent).toEqual([99]));

    expect(outbox.getSnapshot().signedOut).toBe(false);
    expect(await stored()).toMatchObject([{ accountId: account, state: "waiting" }]);
  });

  it("takes no refusal that was meant for somebody else", async () => {
    let who = 99;
    const outbox = makeOutbox(
      async () => {
        if (who !== account) {
          throw new ApiError({ status: 404, code: "not_found", message: "", reason: "missing" });
        }
        return visitAnswer;
      },
      { whoIsSignedIn: async () => who },
    );
    await outbox.add(step());
    await outbox.flush();
    expect(await stored()).toMatchObject([{ state: "waiting" }]);
    expect(outbox.getSnapshot().signedOut).toBe(true);

    who = account;
    outbox.wake();
    await settled(async () => expect(await stored()).toEqual([]));
  });

  it("does not end the session of who signs in while it is asked whom a refusal was meant for", async () => {
    const onSignedOut = vi.fn();
    let say: ((who: number) => void) | undefined;
    const outbox = makeOutbox(
      ({ entry }) =>
        entry.accountId === account ? Promise.reject(refused("wrong_order")) : never(),
      {
        onSignedOut,
        whoIsSignedIn: () =>
          new Promise((resolve) => {
            say = resolve;
          }),
      },
    );
    await outbox.add(step());
    await settled(() => expect(say).toBeDefined());
    outbox.start(99);
    say?.(99);
    await outbox.add(step());
    await settled(() => expect(outbox.getSnapshot().sendingIds.size).toBe(1));

    expect(onSignedOut).not.toHaveBeenCalled();
    expect(outbox.getSnapshot().signedOut).toBe(false);
    expect(await stored()).toMatchObject([
      { accountId: account, state: "waiting" },
      { accountId: 99, state: "waiting" },
    ]);
  });

  it("shows a refusal to nobody else, and hands it to who it is for", async () => {
    let who = account;
    const answers: ((error: Error) => void)[] = [];
    const outbox = makeOutbox(
      ({ entry }) =>
        entry.accountId === account ? new Promise((_, reject) => answers.push(reject)) : never(),
      { whoIsSignedIn: async () => who },
    );
    await outbox.add(step());
    await settled(() => expect(answers).toHaveLength(1));

    // Somebody else signs in on this phone between the question and the refusal.
    who = 99;
    outbox.start(99);
    answers[0]?.(refused("wrong_order"));
    await outbox.add(step());
    await settled(() => expect(outbox.getSnapshot().entries).toHaveLength(1));
    expect(outbox.getSnapshot().entries).toMatchObject([{ accountId: 99, state: "waiting" }]);
    expect(await stored()).toMatchObject([
      { accountId: account, state: "waiting" },
      { accountId: 99, state: "waiting" },
    ]);

    who = account;
    outbox.start(account);
    await settled(() => expect(answers).toHaveLength(2));
    answers[1]?.(refused("wrong_order"));
    await settled(() =>
      expect(outbox.getSnapshot().entries).toMatchObject([
        { accountId: account, state: "refused", refusal: { reason: "wrong_order" } },
      ]),
    );
  });

  it("keeps what one account left apart from the same intention of another", async () => {
    const first = makeOutbox(async () => {
      throw noNetwork();
    });
    await first.add(start());
    await first.flush();
    first.stop();
    const sent: number[] = [];
    const second = new Outbox({
      database,
      transport: async ({ entry }) => {
        sent.push(entry.accountId);
        return visitAnswer;
      },
    });
    outboxes.push(second);
    second.start(99);
    await second.add(start());
    await settled(() => expect(sent).toEqual([99]));

    expect((await stored()).map((entry) => entry.accountId)).toEqual([account]);
  });

  it("waits as long as the server asks, whatever wakes it", async () => {
    let calls = 0;
    const outbox = makeOutbox(async () => {
      calls += 1;
      if (calls === 1) {
        throw new ApiError({
          status: 429,
          code: "resource_exhausted",
          message: "",
          retryAfter: 30,
        });
      }
      return visitAnswer;
    });
    await outbox.add(step(100));
    await outbox.flush();
    await outbox.add(step(200));
    window.dispatchEvent(new Event("focus"));
    await outbox.flush();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await outbox.flush();
    expect(calls).toBe(1);

    clock += 30_001;
    await outbox.flush();
    expect(await stored()).toEqual([]);
  });

  it("waits a quarter of an hour at most, and not for a clock that was put back", async () => {
    let calls = 0;
    const outbox = makeOutbox(async () => {
      calls += 1;
      if (calls === 1) {
        throw new ApiError({ status: 503, code: "unavailable", message: "", retryAfter: 86_400 });
      }
      if (calls === 2) {
        throw noNetwork();
      }
      return visitAnswer;
    });
    await outbox.add(step());
    await outbox.flush();
    expect((await stored())[0]).toMatchObject({ retryAt: clock + 900_000 });
    clock += 899_000;
    await outbox.flush();
    expect(calls).toBe(1);

    // The phone finds out that it was days ahead, twice.
    clock -= 3 * 86_400_000;
    await outbox.flush();
    expect(calls).toBe(2);
    clock -= 86_400_000;
    await outbox.flush();
    expect(await stored()).toEqual([]);
  });

  it("keeps the first of two taps, also while it is being sent", async () => {
    const ids: string[] = [];
    let arrives: () => void = () => undefined;
    const outbox = makeOutbox(async ({ entry }) => {
      ids.push(entry.id);
      await new Promise<void>((resolve) => {
        arrives = resolve;
      });
      return visitAnswer;
    });
    await outbox.add(step());
    await vi.waitFor(() => expect(ids).toEqual(["id-1"]));
    await outbox.add(step());
    expect(await stored()).toMatchObject([{ id: "id-1" }]);
    arrives();
    await outbox.flush();
    expect(ids).toEqual(["id-1"]);
    expect(await stored()).toEqual([]);
  });

  it("gives up a photo with its bytes and what is under way", async () => {
    let signal: AbortSignal | undefined;
    const outbox = makeOutbox(async (sending) => {
      signal = sending.signal;
      return new Promise(() => undefined);
    });
    await outbox.add(photo());
    await vi.waitFor(() => expect(signal).toBeDefined());
    await outbox.remove("id-1");
    expect(signal?.aborted).toBe(true);
    expect(await database.photos.count()).toBe(0);
    await outbox.flush();
    expect(await stored()).toEqual([]);
  });

  it("says that nothing is kept when the device does not answer", async () => {
    const outbox = makeOutbox(async () => visitAnswer, { storageLimit: 20 });
    await outbox.flush();
    const transaction = vi
      .spyOn(database, "transaction")
      .mockReturnValue(new Promise(() => undefined) as never);
    expect(await outbox.add(step())).toBe(false);
    expect(outbox.getSnapshot().storageProblem).toBe("closed");
    transaction.mockRestore();
    expect(await outbox.add(step())).toBe(true);
    expect(outbox.getSnapshot().storageProblem).toBeUndefined();
  });

  it("tells a photo that the device lost from one that the server refused", async () => {
    const whoIsSignedIn = vi.fn(async () => account);
    const transport = vi.fn(async () => visitAnswer);
    const online = { now: false };
    const outbox = makeOutbox(
      async () => {
        if (!online.now) {
          throw noNetwork();
        }
        return transport();
      },
      { whoIsSignedIn },
    );
    await outbox.add(photo());
    await outbox.flush();
    await database.photos.clear();
    online.now = true;
    outbox.wake();
    await settled(async () =>
      expect(await stored()).toMatchObject([{ state: "refused", refusal: { code: "photo_lost" } }]),
    );
    expect(transport).not.toHaveBeenCalled();
    expect(whoIsSignedIn, "the server has said nothing").not.toHaveBeenCalled();
  });

  it("takes only failures of the server for failures at the entry, and forgets them on retry", async () => {
    let failure = new ApiError({ status: 429, code: "resource_exhausted", message: "" });
    const outbox = makeOutbox(async () => {
      throw failure;
    });
    await outbox.add(step());
    for (let i = 0; i < 6; i += 1) {
      await outbox.flush();
      clock += 61_000;
    }
    expect((await stored()).some(isStuck)).toBe(false);
    failure = new ApiError({ status: 500, code: "internal", message: "" });
    for (let i = 0; i < 6; i += 1) {
      await outbox.flush();
      clock += 61_000;
    }
    expect((await stored()).every(isStuck)).toBe(true);
    await outbox.retry("id-1");
    await outbox.flush();
    expect((await stored())[0]).toMatchObject({ attempts: 1, serverFailures: 1 });
  });

  it("says what is in the way: no network, or something that answers in the server's place", async () => {
    let code = "network";
    const outbox = makeOutbox(async () => {
      if (code === "") {
        return visitAnswer;
      }
      throw new ApiError({ status: 0, code, message: "" });
    });
    await outbox.add(step());
    await outbox.flush();
    expect(outbox.getSnapshot().obstacle).toBe("network");
    code = "foreign_answer";
    outbox.wake();
    await settled(() => expect(outbox.getSnapshot().obstacle).toBe("foreign_answer"));
    expect(await stored()).toMatchObject([{ state: "waiting" }]);
    code = "";
    outbox.wake();
    await settled(() => expect(outbox.getSnapshot().obstacle).toBeUndefined());
  });

  describe("a photo of the camera", () => {
    const camera = { runId: 12, buildingId: 100, step: "arrival", takenAt: "2026-11-24T17:00:00Z" };
    const file = () => new File(["original"], "bins.jpg", { type: "image/png" });
    const small = { bytes: new TextEncoder().encode("small").buffer, contentType: "image/jpeg" };
    const shrunk = async () => small as never;
    const add = (outbox: Outbox, tell: (problem: string) => boolean = () => true) =>
      outbox.addPhoto(camera as never, file(), tell);
    const kept = async (id: string) =>
      new TextDecoder().decode((await database.photos.get(id))?.bytes);

    it("is on the disk before it is shrunk, and is shrunk when the app opens again", async () => {
      const sent: string[] = [];
      const transport = async ({ entry, photo: bytes }: Sending) => {
        sent.push(`${entry.accountId} ${entry.runId} ${new TextDecoder().decode(bytes)}`);
        return visitAnswer;
      };
      const closed = makeOutbox(transport, { shrink: () => new Promise(() => undefined) });
      expect(await add(closed)).toBe(true);
      await closed.flush();
      expect(await kept("id-1")).toBe("original");
      expect(await stored()).toMatchObject([{ unshrunk: true, contentType: "image/png" }]);
      expect(sent, "it is not sent as it is").toEqual([]);
      closed.stop();

      makeOutbox(transport, { shrink: shrunk });
      await settled(async () => expect(await stored()).toEqual([]));
      expect(sent).toEqual(["3 12 small"]);
      expect(await database.photos.count()).toBe(0);
    });

    it("stays with the account that took it", async () => {
      let finish: (photo: never) => void = () => undefined;
      const shrink = vi.fn(
        () =>
          new Promise<never>((resolve) => {
            finish = resolve;
          }),
      );
      const transport = vi.fn(async () => visitAnswer);
      const outbox = makeOutbox(transport, { shrink });
      const adding = add(outbox);
      // Somebody else signs in while the file is read, and is there when it is small.
      outbox.start(99);
      expect(await adding).toBe(true);
      await settled(() => expect(shrink).toHaveBeenCalled());
      finish(small as never);
      await settled(async () => expect(await kept("id-1")).toBe("small"));
      await outbox.flush();
      expect(await stored()).toMatchObject([
        { accountId: account, runId: 12, size: 5, contentType: "image/jpeg", state: "waiting" },
      ]);
      expect((await stored())[0]).not.toHaveProperty("unshrunk");
      expect(transport).not.toHaveBeenCalled();

      outbox.start(account);
      await settled(async () => expect(await stored()).toEqual([]));
      expect(transport).toHaveBeenCalledTimes(1);
    });

    it("that is none is told to who looks, else it stays in the queue with the reason", async () => {
      const shrink = async () => {
        throw new PhotoError("photo_unreadable");
      };
      const told: string[] = [];
      const outbox = makeOutbox(never, { shrink });
      await add(outbox, (problem) => told.push(problem) > 0);
      await settled(() => expect(told).toEqual(["photo_unreadable"]));
      await settled(async () => expect(await stored()).toEqual([]));
      expect(await database.photos.count()).toBe(0);

      await add(outbox, () => false);
      await settled(async () =>
        expect(await stored()).toMatchObject([
          { state: "refused", refusal: { code: "photo_unreadable" } },
        ]),
      );
    });

    it("is not decoded again after the app died of it twice", async () => {
      const tried: number[] = [];
      for (let opening = 0; opening < 3; opening += 1) {
        const outbox = makeOutbox(never, {
          shrink: (_, tries) => {
            tried.push(tries);
            return new Promise(() => undefined);
          },
        });
        if (opening === 0) {
          await add(outbox);
        }
        await settled(() => expect(tried).toHaveLength(opening + 1));
        outbox.stop();
      }
      expect(tried).toEqual([0, 1, 2]);

      const decode = vi.fn(async () => {
        throw new Error("no decoder here");
      });
      vi.stubGlobal("createImageBitmap", decode);
      makeOutbox(never);
      await settled(async () =>
        expect(await stored()).toMatchObject([{ refusal: { code: "photo_unreadable" } }]),
      );
      vi.unstubAllGlobals();
      expect(decode).not.toHaveBeenCalled();
    });

    it("is kept small when there is no room for the original", async () => {
      const outbox = makeOutbox(never, { shrink: shrunk });
      const put = vi.spyOn(database.photos, "put").mockImplementationOnce(() => {
        throw new DOMException("", "QuotaExceededError");
      });
      expect(await add(outbox)).toBe(true);
      put.mockRestore();
      expect(await kept("id-1")).toBe("small");
      expect(outbox.getSnapshot().storageProblem).toBeUndefined();
    });

    it("says that it was used before, and waits for no answer to that", async () => {
      const sent: string[] = [];
      let known = false;
      let asked = 0;
      const outbox = makeOutbox(never, {
        // As the camera: the bytes say what is on the photo.
        shrink: async (original) => ({
          bytes: new TextEncoder().encode(await original.text()).buffer,
          contentType: "image/jpeg",
        }),
        wasSent: (runId, sha256) => {
          asked += 1;
          sent.push(`${runId} ${sha256.length}`);
          return known ? Promise.resolve(true) : new Promise(() => undefined);
        },
      });
      const take = (content: string, runId = 12) =>
        outbox.addPhoto({ ...camera, runId } as never, new File([content], "bins.jpg"), () => true);
      await take("bins");
      await settled(() => expect(asked).toBe(1));
      expect(sent).toEqual(["12 64"]);
      expect(await stored(), "it is ready to be sent").toMatchObject([
        { contentType: "image/jpeg" },
      ]);
      expect((await stored())[0]).not.toHaveProperty("usedBefore");

      await take("bins");
      await settled(async () =>
        expect(await stored()).toMatchObject([{ id: "id-1" }, { id: "id-2", usedBefore: true }]),
      );
      expect((await stored())[0], "the first one is no repetition").not.toHaveProperty(
        "usedBefore",
      );

      await take("bins", 13);
      await settled(() => expect(asked).toBe(2));
      expect((await stored())[2], "another run").not.toHaveProperty("usedBefore");

      known = true;
      await take("other bins");
      await settled(async () => expect((await stored())[3]).toMatchObject({ usedBefore: true }));
    });

    it("is not kept, and that is said, when there is no room for a small one either", async () => {
      const outbox = makeOutbox(never, { shrink: shrunk });
      const put = vi.spyOn(database.photos, "put").mockImplementation(() => {
        throw new DOMException("", "QuotaExceededError");
      });
      expect(await add(outbox)).toBe(false);
      expect(outbox.getSnapshot().storageProblem).toBe("full");
      expect(await stored()).toEqual([]);
      put.mockRestore();
    });

    it("that was removed meanwhile stays removed", async () => {
      let finish: (photo: never) => void = () => undefined;
      const outbox = makeOutbox(never, {
        shrink: () =>
          new Promise<never>((resolve) => {
            finish = resolve;
          }),
      });
      await add(outbox);
      await settled(async () => expect(await stored()).toMatchObject([{ shrinkTries: 1 }]));
      await outbox.remove("id-1");
      finish(small as never);
      await outbox.addPhoto(camera as never, file(), () => true);
      await settled(async () =>
        expect(await stored()).toMatchObject([{ id: "id-2", shrinkTries: 1 }]),
      );
      expect(await database.photos.toCollection().primaryKeys()).toEqual(["id-2"]);
    });
  });

  it("goes on without what a filter in between does not let through", async () => {
    const foreign = () => new ApiError({ status: 403, code: "foreign_answer", message: "" });
    const sent: string[] = [];
    const outbox = makeOutbox(
      async ({ entry }) => {
        if (entry.kind === "picture") {
          throw foreign();
        }
        sent.push(entry.key);
        return visitAnswer;
      },
      { whoIsSignedIn: async () => account },
    );
    await outbox.add(photo(100));
    await outbox.add(step(200));
    await outbox.add(start(13));
    await outbox.flush();
    expect(sent.toSorted()).toEqual(["start:13", "step:12:200:arrival"]);
    expect(outbox.getSnapshot().obstacle).toBeUndefined();
    expect((await stored()).some(isStuck)).toBe(false);
    for (let tries = 0; tries < 5; tries += 1) {
      clock += 60_000;
      await outbox.flush();
    }
    const failing = await stored();
    expect(failing).toMatchObject([{ kind: "picture", state: "waiting", intercepted: true }]);
    expect(failing.every(isStuck)).toBe(true);

    await outbox.add(complete);
    await outbox.flush();
    expect(sent.at(-1)).toBe("complete:12");
  });

  it("waits with everything while something answers in the server's place for everything", async () => {
    const foreign = () => new ApiError({ status: 200, code: "foreign_answer", message: "" });
    const tried: string[] = [];
    const outbox = makeOutbox(
      async ({ entry }) => {
        tried.push(entry.key);
        throw foreign();
      },
      {
        whoIsSignedIn: async () => {
          throw foreign();
        },
      },
    );
    await outbox.add(step(100));
    await outbox.flush();
    await outbox.add(start(13));
    await outbox.flush();
    expect(tried).toEqual(["step:12:100:arrival"]);
    expect(outbox.getSnapshot().obstacle).toBe("foreign_answer");
    for (let tries = 0; tries < 6; tries += 1) {
      clock += 61_000;
      await outbox.flush();
    }
    expect((await stored()).some(isStuck)).toBe(false);
  });

  it.each([
    ["somebody else is signed in", async () => 99],
    [
      "nobody is signed in",
      async () => {
        throw new ApiError({ status: 401, code: "unauthenticated", message: "" });
      },
    ],
  ])("waits for its own account when something else answered and %s", async (_, whoIsSignedIn) => {
    const outbox = makeOutbox(
      async () => {
        throw new ApiError({ status: 403, code: "foreign_answer", message: "" });
      },
      { whoIsSignedIn },
    );
    await outbox.add(step());
    await outbox.flush();
    expect(outbox.getSnapshot()).toMatchObject({ signedOut: true, obstacle: undefined });
    expect(await stored()).toMatchObject([{ state: "waiting", attempts: 0 }]);
  });

  it("waits as short as at first once the network was back", async () => {
    let online = false;
    let calls = 0;
    const outbox = makeOutbox(async () => {
      calls += 1;
      if (!online) {
        throw noNetwork();
      }
      return visitAnswer;
    });
    await outbox.add(step(100));
    for (let tries = 0; tries < 5; tries += 1) {
      await outbox.flush();
      clock += 61_000;
    }
    online = true;
    await outbox.flush();
    expect(await stored()).toEqual([]);

    online = false;
    await outbox.add(step(200));
    await outbox.flush();
    calls = 0;
    clock += 999;
    await outbox.flush();
    expect(calls, "a second").toBe(0);
    clock += 1;
    await outbox.flush();
    expect(calls).toBe(1);
  });

  it("sends three runs at once, and no more", async () => {
    const arrive: (() => void)[] = [];
    const outbox = makeOutbox(
      () =>
        new Promise((resolve) => {
          arrive.push(() => resolve(visitAnswer));
        }),
      { exclusively: async (work) => (ready ? work().then(() => true) : false) },
    );
    let ready = false;
    for (let run = 1; run <= 5; run += 1) {
      await outbox.add(start(run));
    }
    await outbox.flush();
    ready = true;
    void outbox.flush();
    await settled(() => expect(arrive).toHaveLength(3));
    // Another look at the queue begins no fourth.
    await outbox.add(start(6));
    await settled(() => expect(outbox.getSnapshot().entries).toHaveLength(6));
    expect(arrive).toHaveLength(3);

    arrive[0]?.();
    await settled(() => expect(arrive).toHaveLength(4));
    for (let answer = 1; answer < 6; answer += 1) {
      await settled(() => expect(arrive.length).toBeGreaterThan(answer));
      arrive[answer]?.();
    }
    await settled(async () => expect(await stored()).toEqual([]));
  });

  it("lets no answer that comes after signing out reach the screen, and sends it again", async () => {
    const onSent = vi.fn();
    let answer: (answer: Answer) => void = () => undefined;
    let signal: AbortSignal | undefined;
    let calls = 0;
    const outbox = makeOutbox(
      (sending) => {
        calls += 1;
        signal = sending.signal;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
      { onSent },
    );
    await outbox.add(step());
    await settled(() => expect(calls).toBe(1));

    outbox.stop();
    answer(visitAnswer);
    await outbox.flush();
    expect(signal?.aborted).toBe(true);
    expect(onSent).not.toHaveBeenCalled();
    expect(await stored()).toMatchObject([{ state: "waiting", attempts: 0 }]);
    expect(outbox.getSnapshot()).toMatchObject({ entries: [], obstacle: undefined });

    outbox.start(account);
    await settled(() => expect(calls).toBe(2));
    answer(visitAnswer);
    await settled(async () => expect(await stored()).toEqual([]));
    expect(onSent).toHaveBeenCalledTimes(1);
  });

  it("takes an answer that comes in the moment of signing out for none", async () => {
    const onSent = vi.fn();
    const outbox = makeOutbox(
      async () => {
        outbox.stop();
        return visitAnswer;
      },
      { onSent },
    );
    await outbox.add(step());
    await outbox.flush();
    expect(onSent).not.toHaveBeenCalled();
    expect(await stored()).toMatchObject([{ state: "waiting", attempts: 0 }]);
  });

  it("asks again by itself a minute after it was told that nobody is signed in", async () => {
    let signedIn = false;
    let calls = 0;
    const outbox = makeOutbox(async () => {
      calls += 1;
      if (!signedIn) {
        throw new ApiError({ status: 401, code: "unauthenticated", message: "" });
      }
      return visitAnswer;
    });
    const timers = vi.spyOn(globalThis, "setTimeout");
    await outbox.add(step());
    await outbox.flush();
    await settled(() =>
      expect(timers.mock.calls.filter(([, delay]) => delay === 60_000)).toHaveLength(1),
    );
    const again = timers.mock.calls.find(([, delay]) => delay === 60_000)?.[0] as () => void;
    timers.mockRestore();
    await outbox.flush();
    expect(calls, "not before").toBe(1);

    signedIn = true;
    again();
    await settled(async () => expect(await stored()).toEqual([]));
    expect(calls).toBe(2);
  });

  it("loses no tap between the end of a pass and the rest after it", async () => {
    let late: (() => Promise<boolean>) | undefined;
    const outbox = makeOutbox(async () => visitAnswer, {
      exclusively: async (work) => {
        await work();
        // Everything is sent, and the outbox is about to rest.
        const tap = late;
        late = undefined;
        await tap?.();
        return true;
      },
    });
    await outbox.flush();
    late = () => outbox.add(step(200));
    await outbox.add(step(100));

    await settled(async () => expect(await stored()).toEqual([]));
  });

  it("loses no tap, at whatever moment it comes", async () => {
    const pause = () => {
      const kind = Math.random();
      return kind < 0.3
        ? Promise.resolve()
        : new Promise<void>((resolve) => setTimeout(resolve, Math.floor(kind * 6)));
    };
    const outbox = makeOutbox(async () => {
      await pause();
      return visitAnswer;
    });
    for (let tap = 1; tap <= 150; tap += 1) {
      await outbox.add(step(tap));
      await pause();
      if (tap % 5 === 0) {
        // Nothing else wakes the queue: what was tapped last leaves by itself.
        await settled(async () => expect(await database.entries.count()).toBe(0));
      }
    }
  });
});
