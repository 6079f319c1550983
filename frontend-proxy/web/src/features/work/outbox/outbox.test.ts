import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { makePicture, makeVisit } from "@/shared/testing/data";
import { OutboxDatabase } from "./database";
import type { Answer, Entry, EntryDraft } from "./entries";
import { backOff, Outbox, type OutboxOptions } from "./outbox";

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

  it("sends the photo before its step, whatever their speed", async () => {
    const order: string[] = [];
    let photoArrives: () => void = () => undefined;
    const outbox = makeOutbox(async (entry) => {
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
    const transport = vi.fn(async (entry: Entry) => {
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
    const second = makeOutbox(async (entry) => {
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
      async (entry) => {
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

    expect((await stored())[0]).toMatchObject({ attempts: 1, notBefore: clock + 30_000 });
  });

  it("keeps a refused entry with its reason, holds back its stop and lets other stops go on", async () => {
    const sent: string[] = [];
    const outbox = makeOutbox(async (entry) => {
      if (entry.kind === "picture" && entry.buildingId === 100) {
        throw refused("broken_file");
      }
      sent.push(entry.key);
      return visitAnswer;
    });

    await outbox.add(photo(100));
    await outbox.add(step(100));
    await outbox.add(step(200));
    await outbox.add({ kind: "complete", runId: 12, reason: "Regen" });
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
    const outbox = makeOutbox(async (entry) => {
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
    const outbox = makeOutbox(transport);
    await outbox.add(photo());
    await outbox.add(step());
    await outbox.flush();
    expect(outbox.getSnapshot().signedOut).toBe(true);
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
});
