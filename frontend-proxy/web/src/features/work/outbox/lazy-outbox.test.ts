import { afterEach, describe, expect, it, vi } from "vitest";
import { OutboxDatabase } from "./database";
import { LazyOutbox } from "./lazy-outbox";
import { Outbox } from "./outbox";

const start = {
  kind: "start",
  runId: 12,
  tour: "Gent centrum",
  occurredAt: "2026-03-02T08:00:00Z",
  buildingIds: [],
  stops: [],
} as const;

describe("a queue that is loaded behind the page", () => {
  const databases: OutboxDatabase[] = [];
  const makeOutbox = () => {
    const database = new OutboxDatabase(`outbox-${crypto.randomUUID()}`);
    databases.push(database);
    return new Outbox({ database, transport: () => new Promise(() => undefined) });
  };
  afterEach(() => {
    vi.useRealTimers();
    for (const database of databases.splice(0)) {
      database.close();
    }
  });

  it("keeps what is done before it is there, for the account that did it", async () => {
    let come: (outbox: Outbox) => void = () => undefined;
    const outbox = new LazyOutbox(() => new Promise((resolve) => (come = resolve)));
    const heard = vi.fn();
    outbox.subscribe(heard);
    outbox.start(3);
    const kept = outbox.add({ ...start });
    expect(outbox.getSnapshot()).toMatchObject({ entries: [], read: false });

    come(makeOutbox());
    expect(await kept).toBe(true);
    await vi.waitFor(() =>
      expect(outbox.getSnapshot()).toMatchObject({
        entries: [{ kind: "start", runId: 12, accountId: 3 }],
        read: true,
      }),
    );
    expect(heard).toHaveBeenCalled();
    outbox.stop();
  });

  it("does not start for whoever has left meanwhile", async () => {
    let come: (outbox: Outbox) => void = () => undefined;
    const outbox = new LazyOutbox(() => new Promise((resolve) => (come = resolve)));
    outbox.start(3);
    const opened = outbox.open();
    outbox.stop();
    const late = makeOutbox();
    const started = vi.spyOn(late, "start");
    come(late);
    await opened;
    expect(started).not.toHaveBeenCalled();
  });

  it("comes behind what is on screen, and not for whoever has left by then", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "requestIdleCallback"] });
    const load = vi.fn(async () => makeOutbox());
    const outbox = new LazyOutbox(load);
    outbox.start(3);
    outbox.stop();
    vi.runAllTimers();
    expect(load).not.toHaveBeenCalled();

    outbox.start(3);
    expect(load).not.toHaveBeenCalled();
    vi.runAllTimers();
    expect(load).toHaveBeenCalledOnce();
    outbox.stop();
  });

  it("says that it keeps nothing when it does not come, and is asked for again", async () => {
    const reported = vi.spyOn(globalThis, "reportError").mockImplementation(() => undefined);
    const load = vi.fn<() => Promise<Outbox>>().mockRejectedValueOnce(new TypeError("no network"));
    const outbox = new LazyOutbox(load);
    outbox.start(3);
    expect(await outbox.add({ ...start })).toBe(false);
    expect(outbox.getSnapshot()).toMatchObject({ read: false, storageProblem: "closed" });
    expect(reported).toHaveBeenCalled();

    load.mockImplementation(async () => makeOutbox());
    expect(await outbox.add({ ...start })).toBe(true);
    expect(outbox.getSnapshot().storageProblem).toBeUndefined();
    outbox.stop();
  });
});
