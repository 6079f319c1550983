import { dehydrate, QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { myHoursQuery } from "@/features/hours/queries";
import type { KeptManual } from "@/features/work/kept/manual-store";
import type { KeptPhoto } from "@/features/work/kept/photo-store";
import { myRunsQuery, workRunQuery } from "@/features/work/queries";
import { meQuery } from "@/shared/account/me-query";
import { queryKeys } from "@/shared/api/query-keys";
import type { Hours } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { makeAccount, makeRun, makeRunDetail } from "@/shared/testing/data";
import { LazyOfflineCache } from "./lazy-offline-cache";
import { OfflineCache } from "./offline-cache";

const makePersisted = (queryClient: QueryClient) => ({
  timestamp: Date.now(),
  buster: "shape-1",
  clientState: dehydrate(queryClient),
});

describe("offline cache", () => {
  let name: string;
  const opened: OfflineCache[] = [];

  /** The app opens on this device. */
  const openApp = async (shape = "shape-1") => {
    const cache = new OfflineCache(name);
    opened.push(cache);
    const queryClient = new QueryClient();
    await cache.attach(queryClient, shape);
    return { cache, queryClient };
  };
  /** What an app that opens now finds. */
  const found = async (shape?: string) => {
    const { queryClient } = await openApp(shape);
    return {
      me: queryClient.getQueryData(queryKeys.me),
      runs: queryClient.getQueryData(queryKeys.myRuns),
      run: queryClient.getQueryData(queryKeys.run(12)),
    };
  };
  const fill = (queryClient: QueryClient, accountId = 3) => {
    queryClient.setQueryData(queryKeys.me, makeAccount({ id: accountId }));
    queryClient.setQueryData(queryKeys.myRuns, [makeRun()]);
    queryClient.setQueryData(queryKeys.run(12), makeRunDetail({ date: today() }));
  };
  const manual = (id: number, buildingId: number, changes: Partial<KeptManual> = {}) => ({
    id,
    buildingId,
    accountId: 3,
    size: 3,
    until: addDays(today(), 14),
    ...changes,
  });
  const file = (byte: number) => new Uint8Array([byte, byte, byte]).buffer;

  beforeEach(() => {
    name = `cache-${crypto.randomUUID()}`;
  });
  afterEach(() => {
    for (const cache of opened.splice(0)) {
      cache.close();
    }
  });

  it("lets the app open on a device that never answers", async () => {
    const open = vi
      .spyOn(IDBFactory.prototype, "open")
      .mockReturnValue(new EventTarget() as IDBOpenDBRequest);
    try {
      const cache = new OfflineCache(name, 20);
      opened.push(cache);
      await cache.attach(new QueryClient(), "shape-1").catch(() => undefined);
      expect(open).toHaveBeenCalled();
    } finally {
      open.mockRestore();
    }
  });

  it("finds a worker's runs again after the app was closed", async () => {
    const { queryClient } = await openApp();
    fill(queryClient);
    await vi.waitFor(async () =>
      expect(await found()).toMatchObject({ me: { id: 3 }, runs: [{ id: 12 }], run: { id: 12 } }),
    );
  });

  it("finds the months of hours again that were looked at", async () => {
    const { queryClient } = await openApp();
    fill(queryClient);
    queryClient.setQueryData(myHoursQuery("2026-11").queryKey, { worked_minutes: 90 } as Hours);
    await vi.waitFor(async () => {
      const { queryClient: later } = await openApp();
      expect(later.getQueryData(myHoursQuery("2026-11").queryKey)?.worked_minutes).toBe(90);
    });
  });

  it("keeps the list of runs while no page shows it", async () => {
    const { queryClient } = await openApp();
    queryClient.setDefaultOptions({ queries: { gcTime: 20 } });
    for (const options of [
      { ...meQuery, queryFn: () => makeAccount({ id: 3 }) },
      { ...myRunsQuery, queryFn: () => [makeRun()] },
      { ...workRunQuery(12), queryFn: () => makeRunDetail({ date: today() }) },
    ]) {
      const leave = new QueryObserver(queryClient, options as never).subscribe(() => undefined);
      await vi.waitFor(() => expect(queryClient.isFetching()).toBe(0));
      leave();
    }
    // Another query goes when nobody shows it.
    queryClient.setQueryData(["others"], []);
    await vi.waitFor(() => expect(queryClient.getQueryData(["others"])).toBeUndefined());

    await vi.waitFor(async () =>
      expect(await found()).toMatchObject({ runs: [{ id: 12 }], run: { id: 12 } }),
    );
  });

  it("keeps what it has when a fetch fails", async () => {
    const { queryClient } = await openApp();
    fill(queryClient);
    await queryClient
      .fetchQuery({ queryKey: queryKeys.myRuns, queryFn: () => Promise.reject(new Error()) })
      .catch(() => undefined);
    await vi.waitFor(async () => expect(await found()).toMatchObject({ runs: [{ id: 12 }] }));
  });

  it("forgets everything at sign-out", async () => {
    const { queryClient } = await openApp();
    fill(queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());

    queryClient.clear();

    const nothing = { me: undefined, runs: undefined, run: undefined };
    await vi.waitFor(async () => expect(await found()).toEqual(nothing));
  });

  it("has forgotten whoever signs out before their pages are gone", async () => {
    const { cache, queryClient } = await openApp();
    fill(queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());
    const nothing = { me: undefined, runs: undefined, run: undefined };

    queryClient.setQueryData(queryKeys.run(12), makeRunDetail({ date: today() }));
    await cache.forget();
    expect(await found()).toEqual(nothing);
    // The pages are still shown, and something comes in for them.
    queryClient.setQueryData(queryKeys.myRuns, [makeRun(), makeRun()]);
    await cache.persistClient(makePersisted(queryClient));
    expect(await found()).toEqual(nothing);

    cache.keepAgain(); // signing out came to nothing
    queryClient.setQueryData(queryKeys.myRuns, [makeRun()]);
    await vi.waitFor(async () =>
      expect(await found()).toMatchObject({ me: { id: 3 }, run: { id: 12 } }),
    );
    await cache.forget();

    queryClient.clear();
    fill(queryClient, 99);
    await vi.waitFor(async () => expect((await found()).me).toMatchObject({ id: 99 }));
  });

  it("keeps nothing of one account for the next", async () => {
    const { queryClient } = await openApp();
    fill(queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());

    const next = await openApp();
    next.queryClient.clear();
    next.queryClient.setQueryData(queryKeys.me, makeAccount({ id: 99 }));

    await vi.waitFor(async () =>
      expect(await found()).toMatchObject({ me: { id: 99 }, runs: undefined, run: undefined }),
    );
  });

  it("does not use what an app with other types has kept", async () => {
    const { queryClient } = await openApp("shape-1");
    fill(queryClient);
    await vi.waitFor(async () => expect((await found("shape-1")).run).toBeDefined());

    expect(await found("shape-2")).toEqual({ me: undefined, runs: undefined, run: undefined });
  });

  it("does not keep runs that only the office looked at", async () => {
    const { queryClient } = await openApp();
    fill(queryClient);
    queryClient.setQueryData(queryKeys.run(77), makeRunDetail({ id: 77 }));
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());

    const { queryClient: later } = await openApp();
    expect(later.getQueryData(queryKeys.run(77))).toBeUndefined();
  });

  it("forgets a run that is taken from the worker, and one of more than two weeks ago (rule 13)", async () => {
    const { queryClient } = await openApp();
    fill(queryClient);
    const old = addDays(today(), -15);
    queryClient.setQueryData(queryKeys.run(12), makeRunDetail({ date: addDays(today(), -14) }));
    queryClient.setQueryData(queryKeys.myRuns, [makeRun(), makeRun({ id: 13 })]);
    queryClient.setQueryData(queryKeys.run(13), makeRunDetail({ id: 13, date: old }));
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());
    expect((await openApp()).queryClient.getQueryData(queryKeys.run(13))).toBeUndefined();

    queryClient.removeQueries({ queryKey: queryKeys.run(12) });
    queryClient.setQueryData(queryKeys.myRuns, [makeRun({ id: 14 })]);
    await vi.waitFor(async () => expect((await found()).run).toBeUndefined());
  });

  it("keeps the newest manual of a building, for whoever is signed in only", async () => {
    const { cache, queryClient } = await openApp();
    expect(await cache.keepManual(manual(1, 100), file(1)), "nobody is known yet").toBe(false);
    fill(queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());

    expect(await cache.keepManual(manual(1, 100, { accountId: 99 }), file(1))).toBe(false);
    expect(await cache.keepManual(manual(1, 100), file(1))).toBe(true);
    expect(await cache.keepManual(manual(2, 200), file(2))).toBe(true);
    expect(await cache.keepManual(manual(3, 100), file(3))).toBe(true);
    const reopened = (await openApp()).cache;
    expect((await reopened.manuals()).map(({ id }) => id)).toEqual([2, 3]);
    expect(await reopened.manualBytes(1)).toBeUndefined();
    expect(new Uint8Array((await reopened.manualBytes(3)) as ArrayBuffer)).toEqual(
      new Uint8Array([3, 3, 3]),
    );
  });

  const small = (id: string, changes: Partial<KeptPhoto> = {}): KeptPhoto => ({
    id,
    accountId: 3,
    runId: 12,
    until: today(),
    sha256: `sum of ${id}`,
    size: 3,
    bytes: file(7),
    ...changes,
  });

  it("keeps small photos of a run's day for who sent them, and knows them again", async () => {
    const { cache, queryClient } = await openApp();
    expect(await cache.keepPhoto(small("p1")), "nobody is known yet").toBe(false);
    fill(queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());

    expect(await cache.keepPhoto(small("p1", { accountId: 99 }))).toBe(false);
    expect(await cache.keepPhoto(small("p1", { until: addDays(today(), -1) }))).toBe(false);
    expect(await cache.keepPhoto(small("p1"))).toBe(true);
    const reopened = (await openApp()).cache;
    expect(new Uint8Array((await reopened.keptPhoto("p1")) as ArrayBuffer)).toEqual(
      new Uint8Array([7, 7, 7]),
    );
    expect(await reopened.wasSent(12, "sum of p1")).toBe(true);
    expect(await reopened.wasSent(13, "sum of p1"), "another run").toBe(false);
    expect(await reopened.photoBytes()).toBe(3);

    await cache.forget();
    expect(await reopened.keptPhoto("p1")).toBeUndefined();
    expect(await cache.keepPhoto(small("p2")), "they are leaving").toBe(false);
  });

  it("keeps no photo of a run that is taken from the worker, of a day that is over, or of one before", async () => {
    const { cache, queryClient } = await openApp();
    fill(queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());
    await cache.keepPhoto(small("p1"));
    await cache.keepPhoto(small("p2", { runId: 13 }));
    queryClient.setQueryData(queryKeys.myRuns, [makeRun({ id: 13 })]);
    await vi.waitFor(async () => expect(await cache.keptPhoto("p1")).toBeUndefined());
    expect(await cache.keptPhoto("p2")).toBeDefined();

    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 36 * 3_600_000 });
    try {
      expect(await cache.keptPhoto("p2")).toBeUndefined();
      expect(await cache.keepPhoto(small("p3"))).toBe(true);
      expect(await cache.photoBytes(), "the one of yesterday has gone").toBe(3);
    } finally {
      vi.useRealTimers();
    }

    const next = await openApp();
    next.queryClient.clear();
    fill(next.queryClient, 99);
    await vi.waitFor(async () => expect((await found()).me).toMatchObject({ id: 99 }));
    expect(await cache.keptPhoto("p3")).toBeUndefined();
  });

  it("keeps no photo that makes it more than 80 MB with the manuals", async () => {
    const { cache, queryClient } = await openApp();
    fill(queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());
    await cache.keepManual(manual(1, 100, { size: 80 * 1024 * 1024 - 5 }), file(1));
    expect(await cache.keepPhoto(small("p1"))).toBe(true);
    expect(await cache.keepPhoto(small("p2"))).toBe(false);
    expect(await cache.photoBytes()).toBe(3);
  });

  it("shows no manual after its last day, and lets it go with the next list of runs", async () => {
    const { cache, queryClient } = await openApp();
    fill(queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());
    await cache.keepManual(manual(1, 100, { until: addDays(today(), -1) }), file(1));
    await cache.keepManual(manual(2, 200, { until: today() }), file(2));
    expect(await cache.manualBytes(1)).toBeUndefined();
    expect(await cache.manualBytes(2)).toBeDefined();

    queryClient.setQueryData(queryKeys.myRuns, [makeRun()]);
    await vi.waitFor(async () => expect((await cache.manuals()).map(({ id }) => id)).toEqual([2]));
  });

  it.each(["signs out", "makes place for somebody else"])(
    "keeps no manual of whoever %s",
    async (how) => {
      const { cache, queryClient } = await openApp();
      fill(queryClient);
      await vi.waitFor(async () => expect((await found()).run).toBeDefined());
      await cache.keepManual(manual(1, 100), file(1));
      if (how === "signs out") {
        await cache.forget();
      } else {
        queryClient.setQueryData(queryKeys.me, makeAccount({ id: 99 }));
      }
      await vi.waitFor(async () => expect(await cache.manuals()).toEqual([]));
      expect(await cache.manualBytes(1)).toBeUndefined();
      expect(await cache.keepManual(manual(1, 100), file(1)), "it comes too late").toBe(false);
    },
  );

  it("does not cover what another tab knows with something older", async () => {
    const first = await openApp();
    const second = await openApp();
    fill(first.queryClient);
    await vi.waitFor(async () => expect((await found()).run).toBeDefined());
    const now = Date.now();
    for (const [client, version, updatedAt] of [
      [first.queryClient, 5, now + 2_000],
      [second.queryClient, 4, now + 1_000],
    ] as const) {
      client.setQueryData(queryKeys.me, makeAccount({ id: 3 }));
      client.setQueryData(queryKeys.myRuns, [makeRun()]);
      client.setQueryData(queryKeys.run(12), makeRunDetail({ version, date: today() }), {
        updatedAt,
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }

    expect((await found()).run).toMatchObject({ version: 5 });
  });
});

describe("offline cache of an app that opens", () => {
  let name: string;
  const mine = { me: { id: 3 }, runs: [{ id: 12 }] };
  const fill = (queryClient: QueryClient) => {
    queryClient.setQueryData(queryKeys.me, makeAccount({ id: 3 }));
    queryClient.setQueryData(queryKeys.myRuns, [makeRun()]);
  };
  const openApp = async () => {
    const queryClient = new QueryClient();
    const cache = new LazyOfflineCache(queryClient, "shape-1", name);
    await cache.attach();
    return { queryClient, cache };
  };
  const found = async () => {
    const { queryClient } = await openApp();
    return {
      me: queryClient.getQueryData(queryKeys.me),
      runs: queryClient.getQueryData(queryKeys.myRuns),
    };
  };
  /** What listens to queries is told of a change with the next task. */
  const heard = () => new Promise((resolve) => setTimeout(resolve));
  const exists = async () =>
    (await indexedDB.databases()).some((database) => database.name === name);

  beforeEach(() => {
    name = `cache-${crypto.randomUUID()}`;
  });

  it("makes no database for whoever only looks at sign-in, and keeps what somebody who signs in sees", async () => {
    const { queryClient } = await openApp();
    queryClient.setQueryData(["others"], []);
    await heard();
    expect(await exists()).toBe(false);

    fill(queryClient);
    await vi.waitFor(async () => expect(await exists()).toBe(true));
    await vi.waitFor(async () => expect(await found()).toMatchObject(mine));
  });

  it("has forgotten whoever signs out while it was being loaded", async () => {
    const { queryClient, cache } = await openApp();
    fill(queryClient);
    await cache.forget();
    // The pages are still shown, and something comes in for them.
    queryClient.setQueryData(queryKeys.myRuns, [makeRun(), makeRun()]);
    await heard();
    expect(await found()).toEqual({ me: undefined, runs: undefined });

    cache.keepAgain(); // signing out came to nothing
    queryClient.setQueryData(queryKeys.myRuns, [makeRun()]);
    await vi.waitFor(async () => expect(await found()).toMatchObject(mine));
  });

  it("opens on a device that does not say what it keeps", async () => {
    vi.spyOn(IDBFactory.prototype, "databases").mockRejectedValue(new Error("no"));
    const { queryClient } = await openApp();
    fill(queryClient);
    await vi.waitFor(async () => expect(await found()).toMatchObject(mine));
  });
});
