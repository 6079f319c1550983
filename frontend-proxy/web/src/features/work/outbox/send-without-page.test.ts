import Dexie from "dexie";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import { makePicture, makeVisit } from "@/shared/testing/data";
import { askForSync, syncTag } from "./background-sync";
import { OutboxDatabase } from "./database";
import { type Answer, type Entry, type EntryDraft, sentFormat } from "./entries";
import { inPage } from "./in-page";
import { Outbox, type OutboxOptions, type Transport } from "./outbox";
import { sendWithoutPage } from "./send-without-page";
import { VirtualTime } from "./simulation/virtual-time";

const account = 3;
const other = 4;
const visit: Answer = { kind: "visit", visit: makeVisit([]) };
const picture: Answer = { kind: "picture", picture: makePicture("p1", "arrival") };
const answerTo: Transport = async ({ entry }) => (entry.kind === "picture" ? picture : visit);
const failing = (code: string, status = 0, more = {}) => {
  const error = new ApiError({ status, code, message: "", ...more });
  return async () => Promise.reject(error);
};

const where = { runId: 12, buildingId: 100 };
const photo: EntryDraft = {
  kind: "picture",
  ...where,
  step: "arrival",
  takenAt: "2026-11-24T17:00:00Z",
  bytes: new ArrayBuffer(4),
  contentType: "image/jpeg",
};
const step: EntryDraft = {
  kind: "step",
  ...where,
  step: "arrival",
  occurredAt: "2026-11-24T17:01:00Z",
};
const outcome: EntryDraft = {
  kind: "outcome",
  runId: 12,
  buildingId: 200,
  outcome: "skipped",
  reason: "Geen bakken",
  occurredAt: "2026-11-24T17:02:00Z",
};

describe("what waits while no page is open", () => {
  let database: OutboxDatabase;
  let clock: number;
  const outboxes: Outbox[] = [];

  /** A page, which has no network. */
  const openPage = (options: Partial<OutboxOptions> = {}, accountId = account) => {
    const page = new Outbox({
      ...inPage,
      database,
      transport: failing("network"),
      now: () => clock,
      ...options,
    });
    outboxes.push(page);
    page.start(accountId);
    return page;
  };
  const close = async (page: Outbox) => {
    page.stop();
    await page.flush();
  };
  /** Puts these in the queue, under the ids e0, e1, … */
  const queue = async (...drafts: EntryDraft[]) => {
    const page = openPage({ shrink: () => new Promise(() => undefined) });
    for (const [index, draft] of drafts.entries()) {
      await page.add(draft, `e${index}`);
    }
    await close(page);
  };
  const send = (options: Partial<OutboxOptions> = {}, ends = new AbortController().signal) =>
    sendWithoutPage(
      {
        database,
        transport: answerTo,
        whoIsSignedIn: async () => account,
        now: () => (clock += 1),
        random: () => 1,
        ...options,
      },
      ends,
    );
  const stored = () => database.entries.orderBy("seq").toArray();

  beforeEach(() => {
    database = new OutboxDatabase(`closed-${crypto.randomUUID()}`);
    clock = Date.parse("2026-11-24T17:00:00Z");
  });
  afterEach(async () => {
    for (const outbox of outboxes.splice(0)) {
      await close(outbox);
    }
    database.close();
  });

  it("is sent once, in order, and shown by the next page, which needs no network for that", async () => {
    await queue(step, photo, outcome);
    const transport = vi.fn(answerTo);
    await send({ transport });
    const order = ["e2", "e1", "e0"]; // the step waits for its photo
    expect(transport.mock.calls.map(([{ entry }]) => entry.id)).toEqual(order);
    expect((await stored()).map(({ sent }) => sent?.answer.kind)).toEqual([
      "visit",
      "picture",
      "visit",
    ]);
    await send({ transport });
    expect(transport).toHaveBeenCalledTimes(3);

    const onSent = vi.fn();
    const page = openPage({ onSent, transport });
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    await vi.waitFor(() => expect(page.getSnapshot()).toMatchObject({ read: true, entries: [] }));
    expect(
      onSent.mock.calls.map(([entry, answer, bytes]) => [entry.id, answer.kind, bytes]),
    ).toEqual([
      ["e2", "visit", undefined],
      ["e1", "picture", new ArrayBuffer(4)],
      ["e0", "visit", undefined],
    ]);
    expect(await database.photos.count()).toBe(0);
    expect(transport).toHaveBeenCalledTimes(3);
  });

  it("is shown by a page that was only in the background, and what is done there goes on", async () => {
    await queue(photo);
    const onSent = vi.fn();
    openPage({ onSent });
    await send();
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    expect(onSent).toHaveBeenCalledOnce();
  });

  it("holds nothing up once it is sent, though no page has shown it", async () => {
    await queue({ kind: "start", runId: 12, occurredAt: "2026-11-24T16:59:00Z" }, photo);
    await send({ transport: async (sending) => answerTo(sending) });
    const [start] = await stored();
    expect(start).toMatchObject({ sent: { answer: visit }, format: sentFormat });
    const later = new Outbox({
      database,
      transport: answerTo,
      keepAnswers: true,
      now: () => clock,
    });
    outboxes.push(later);
    later.start(account);
    await later.add(step, "later");
    await later.flush();
    expect((await stored()).every(({ sent }) => sent !== undefined)).toBe(true);
  });

  it("leaves what an app of a newer version wrote, and photos as the camera made them", async () => {
    await queue(photo, step, outcome);
    await database.entries
      .where("id")
      .equals("e0")
      .modify({ unshrunk: true } as Partial<Entry>);
    await database.entries
      .where("id")
      .equals("e2")
      .modify({ format: sentFormat + 1 });
    const transport = vi.fn(answerTo);
    await send({ transport });
    expect(transport).not.toHaveBeenCalled();
    expect((await stored()).map(({ state, sent }) => [state, sent])).toEqual(
      Array(3).fill(["waiting", undefined]),
    );
  });

  it("goes as whoever the server says is signed in, and not at all when nobody is", async () => {
    await queue(outcome);
    const transport = vi.fn(answerTo);
    await send({ transport, whoIsSignedIn: failing("unauthenticated", 401) });
    await send({ transport, whoIsSignedIn: async () => other });
    expect(transport).not.toHaveBeenCalled();
    await send({ transport: failing("unauthenticated", 401) });
    expect(await stored()).toMatchObject([{ state: "waiting", attempts: 0 }]);
    await send({ transport });
    expect(transport).toHaveBeenCalledOnce();

    const onSent = vi.fn();
    const page = openPage({ onSent }, other);
    await vi.waitFor(() => expect(page.getSnapshot().read).toBe(true));
    expect(await stored(), "is shown to nobody else").toHaveLength(1);
    expect(onSent).not.toHaveBeenCalled();
  });

  it("asks nobody anything when nothing waits", async () => {
    const whoIsSignedIn = vi.fn(async () => account);
    await send({ whoIsSignedIn });
    expect(whoIsSignedIn).not.toHaveBeenCalled();
  });

  it("waits for a next try when the network is gone again, when it has to end, and when the server asks for that", async () => {
    await queue(outcome);
    const ends = new AbortController();
    const tried = vi.fn(failing("network"));
    const sending = send({ transport: tried }, ends.signal);
    await vi.waitFor(() => expect(tried).toHaveBeenCalled());
    ends.abort();
    await expect(sending).rejects.toThrow("left to be sent");
    await expect(send({}, ends.signal)).rejects.toThrow("left to be sent");
    const busy = failing("resource_exhausted", 429, { retryAfter: 600 });
    await expect(send({ transport: busy })).rejects.toThrow("asks to wait");
    expect(await stored()).toMatchObject([{ state: "waiting" }]);
    expect((await stored())[0]?.sent).toBeUndefined();
  });

  describe("as time passes", () => {
    let time: VirtualTime;
    beforeEach(() => {
      time = new VirtualTime(clock);
      time.install();
    });
    afterEach(() => time.release());

    it("is not sent while it can be undone", async () => {
      const page = openPage({ now: () => time.now });
      await page.add(outcome, "held", 10_000);
      await close(page);
      const transport = vi.fn(answerTo);
      const ended = vi.fn();
      void send({ transport, now: () => time.now }).then(ended);
      await time.pass(9_000);
      expect(transport).not.toHaveBeenCalled();
      await time.pass(2_000);
      expect(transport).toHaveBeenCalledOnce();
      expect(ended).toHaveBeenCalledOnce();
    });

    it("is tried for two minutes, whoever is in the way", async () => {
      await queue(outcome);
      const sender = { now: () => time.now };
      for (const options of [
        { ...sender, transport: failing("network") },
        { ...sender, transport: () => new Promise<never>(() => undefined) },
        { ...sender, whoIsSignedIn: failing("network") },
        { ...sender, whoIsSignedIn: () => new Promise<never>(() => undefined) },
        { ...sender, exclusively: async () => false },
      ]) {
        const ended = vi.fn();
        send(options).catch(ended);
        await time.pass(119_000);
        expect(ended).not.toHaveBeenCalled();
        await time.pass(2_000);
        expect(ended).toHaveBeenCalledOnce();
        await time.pass(600_000); // until the server may be asked again
      }
      const transport = vi.fn(answerTo);
      let tries = 0;
      void send({
        ...sender,
        transport,
        whoIsSignedIn: async () => (++tries < 3 ? failing("network")() : account),
      });
      await time.pass(10_000);
      expect(transport).toHaveBeenCalledOnce();
    });
  });

  it("keeps no newer version of the app from changing the database", async () => {
    await queue(outcome);
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const ends = new AbortController();
    const asked = vi.fn(() => new Promise<never>(() => undefined));
    const sending = send({ transport: asked }, ends.signal);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    const newer = new Dexie(database.name);
    newer
      .version(99)
      .stores({ entries: "++seq, &id, &[accountId+key], accountId, x", photos: "id" });
    await newer.open();
    expect(await newer.table("entries").count()).toBe(1);
    newer.close();
    ends.abort();
    await expect(sending).rejects.toThrow();
  });

  it("stays sent, whatever a page that sent it at the same time is told", async () => {
    await queue(outcome);
    let refuse: (error: ApiError) => void = () => undefined;
    const page = openPage({
      transport: () =>
        new Promise((_, reject) => {
          refuse = reject;
        }),
      // As in a browser without locks.
      exclusively: async (work) => work().then(() => true),
      onSent: () => new Promise(() => undefined),
    });
    await vi.waitFor(() => expect(page.getSnapshot().sendingIds.size).toBe(1));
    await send({ exclusively: async (work) => work().then(() => true) });
    refuse(new ApiError({ status: 400, code: "failed_precondition", message: "" }));
    await vi.waitFor(() => expect(page.getSnapshot().sendingIds.size).toBe(0));
    expect(await stored()).toMatchObject([{ state: "waiting", sent: { answer: visit } }]);
  });

  it("leaves the queue also when its answer cannot be shown", async () => {
    await queue(outcome);
    await send();
    const complain = vi.spyOn(globalThis, "reportError").mockImplementation(() => undefined);
    openPage({
      onSent: () => {
        throw new Error("of another version");
      },
    });
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    expect(complain).toHaveBeenCalledOnce();
  });

  it("is told to the browser when it comes, and when nobody looks any more", async () => {
    const sendLater = vi.fn();
    const page = openPage({ sendLater });
    const look = (state: DocumentVisibilityState) => {
      vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
      document.dispatchEvent(new Event("visibilitychange"));
    };
    look("hidden");
    expect(sendLater, "nothing waits").not.toHaveBeenCalled();
    await page.add(outcome);
    expect(sendLater).toHaveBeenCalledTimes(1);
    await vi.waitFor(() => expect(page.getSnapshot().entries).toHaveLength(1));
    look("visible");
    expect(sendLater).toHaveBeenCalledTimes(1);
    look("hidden");
    expect(sendLater).toHaveBeenCalledTimes(2);
  });
});

describe("the browser", () => {
  const serve = (registration: object | undefined) =>
    vi.stubGlobal("navigator", {
      serviceWorker: { getRegistration: async () => registration },
    });
  afterEach(() => vi.unstubAllGlobals());

  it("is asked to say when there is network", async () => {
    const register = vi.fn(async () => undefined);
    serve({ sync: { register } });
    await askForSync();
    expect(register).toHaveBeenCalledExactlyOnceWith(syncTag);
  });

  it.each([
    ["has no service workers", () => vi.stubGlobal("navigator", {})],
    ["keeps nothing of this address", () => serve(undefined)],
    ["does not know how", () => serve({})],
    ["may not", () => serve({ sync: { register: () => Promise.reject(new Error("denied")) } })],
  ])("is left alone when it %s", async (_, make) => {
    make();
    await expect(askForSync()).resolves.toBeUndefined();
  });
});
