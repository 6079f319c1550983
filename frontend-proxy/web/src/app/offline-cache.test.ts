import { dehydrate, QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { myRunsQuery, workRunQuery } from "@/features/work/queries";
import { meQuery } from "@/shared/account/me-query";
import { queryKeys } from "@/shared/api/query-keys";
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
    queryClient.setQueryData(queryKeys.run(12), makeRunDetail());
  };

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

  it("keeps the list of runs while no page shows it", async () => {
    const { queryClient } = await openApp();
    queryClient.setDefaultOptions({ queries: { gcTime: 20 } });
    for (const options of [
      { ...meQuery, queryFn: () => makeAccount({ id: 3 }) },
      { ...myRunsQuery, queryFn: () => [makeRun()] },
      { ...workRunQuery(12), queryFn: () => makeRunDetail() },
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

    queryClient.setQueryData(queryKeys.run(12), makeRunDetail());
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
      client.setQueryData(queryKeys.run(12), makeRunDetail({ version }), { updatedAt });
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
