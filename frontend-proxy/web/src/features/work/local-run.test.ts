import { describe, expect, it } from "vitest";
import { makePicture, makeRemark, makeRunDetail, makeStop, makeVisit } from "@/shared/testing/data";
import { currentStop, hasPhoto, localRun, nextStep } from "./local-run";
import type { Entry } from "./outbox/entries";

const nothing: ReadonlySet<string> = new Set();
let seq = 0;
function queued(changes: Record<string, unknown> & Pick<Entry, "kind">): Entry {
  seq += 1;
  return {
    seq,
    id: `id-${seq}`,
    key: `key-${seq}`,
    accountId: 3,
    runId: 12,
    buildingId: 100,
    step: "arrival",
    occurredAt: "2026-11-24T17:01:00Z",
    size: 1,
    contentType: "image/jpeg",
    takenAt: "2026-11-24T17:00:00Z",
    reason: "",
    createdAt: "",
    state: "waiting",
    attempts: 0,
    notBefore: 0,
    ...changes,
  } as unknown as Entry;
}

describe("localRun", () => {
  it("shows what waits on this device as done", () => {
    const local = localRun(makeRunDetail(), [queued({ kind: "step" })], nothing);

    expect(local.segments).toEqual(["arrived", "open"]);
    expect(local.stops[0]?.steps[0]?.at).toBe("2026-11-24T17:01:00Z");
    expect(nextStep(local.stops[0] as never)).toBe("inside");
  });

  it("shows what was sent without a page as done, whatever else was refused", () => {
    const start = queued({ kind: "start", state: "refused" });
    const sent = queued({ kind: "step", sent: { at: 0, answer: { kind: "incident" } } });
    const local = localRun(makeRunDetail(), [start, sent], nothing);
    expect(local.segments).toEqual(["arrived", "open"]);
  });

  it("starts the run at the tap and completes it with the last outcome, without network", () => {
    const planned = makeRunDetail({ status: "planned" });
    const start = queued({ kind: "start" });
    expect(localRun(planned, [start], nothing).status).toBe("started");

    const outcomes = [100, 200].map((buildingId) =>
      queued({ kind: "outcome", outcome: "skipped", reason: "Geen toegang", buildingId }),
    );
    const local = localRun(planned, [start, ...outcomes], nothing);

    expect(local.status).toBe("completed");
    expect(local.segments).toEqual(["skipped", "skipped"]);
  });

  it("keeps the stops that the phone showed at the start until the server knows of it", () => {
    const planned = makeRunDetail({ status: "planned", started_at: null });
    const start = queued({ kind: "start", stops: planned.stops });
    const step = queued({ kind: "step" });
    // The office took the first stop off the tour before the phone had network again.
    const changed = { ...planned, stops: [makeStop(3), makeStop(2)] };
    const shown = (local: ReturnType<typeof localRun>) =>
      local.stops.map((stop) => stop.building.id);

    const local = localRun(changed, [start, step], nothing);
    expect(shown(local)).toEqual(planned.stops.map((stop) => stop.building.id));
    expect(local.segments).toEqual(["arrived", "open"]);

    const refused = { ...start, state: "refused" } as Entry;
    expect(shown(localRun(changed, [refused, step], nothing))).toEqual([300, 200]);
    const known = { ...changed, status: "started", started_at: "2026-11-24T17:00:00Z" } as const;
    expect(shown(localRun(known, [start], nothing))).toEqual([300, 200]);
  });

  it("shows remarks as the worker left them, with what waits of them", () => {
    const known = makeRemark("known", {
      pictures: [makePicture("sent", "arrival", { step: null })],
    });
    const gone = makeRemark("gone");
    const run = makeRunDetail({
      stops: [makeStop(1, { visit: makeVisit(["arrival"], { remarks: [known, gone] }) })],
    });
    const remarksOf = (...entries: Entry[]) => localRun(run, entries, nothing).stops[0]?.remarks;
    const change = queued({ kind: "remark_change", remarkId: "known", text: "Beter" } as never);
    const own = queued({ kind: "remark", id: "own", text: "Nieuw" } as never);
    const photo = queued({
      kind: "picture",
      id: "photo",
      step: undefined,
      remarkId: "known",
    } as never);
    const deletion = queued({ kind: "remark_deletion", remarkId: "gone" } as never);

    const shown = remarksOf(change, own, photo, deletion);
    expect(shown?.map(({ text, state }) => [text, state])).toEqual([
      ["Beter", "waiting"],
      ["Nieuw", "waiting"],
    ]);
    expect(shown?.[0]?.photos.map(({ id, state }) => [id, state])).toEqual([
      ["sent", "sent"],
      ["photo", "waiting"],
    ]);
    expect(localRun(run, [photo], nothing).stops[0]?.photos).toHaveLength(1);
    const refused = { ...change, state: "refused" } as Entry;
    expect(remarksOf(refused)?.[0]).toMatchObject({ text: known.text, state: "refused" });
    expect(remarksOf({ ...deletion, state: "refused" } as Entry)).toHaveLength(2);
    // The server has it, and the answer is not here yet: once.
    expect(remarksOf({ ...own, id: "known" } as Entry)?.map(({ id }) => id)).toEqual([
      "known",
      "gone",
    ]);
  });

  it("does not take a photo for one that is still being shrunk", () => {
    const picture = queued({ kind: "picture", unshrunk: true });
    const stop = localRun(makeRunDetail(), [picture], nothing).stops[0] as never as Parameters<
      typeof nextStep
    >[0];
    expect(stop.photos).toMatchObject([{ state: "preparing" }]);
    expect(hasPhoto(stop, "arrival")).toBe(false);
  });

  it("does not count a refused step, and keeps its refused photo visible", () => {
    const local = localRun(
      makeRunDetail(),
      [queued({ kind: "picture", state: "refused" }), queued({ kind: "step" })],
      nothing,
    );
    const stop = local.stops[0] as never as Parameters<typeof nextStep>[0];

    expect(nextStep(stop)).toBe("arrival");
    expect(hasPhoto(stop, "arrival")).toBe(false);
    expect(stop.photos).toMatchObject([{ state: "refused" }]);
  });

  it("shows a photo once when both the server and the queue have it", () => {
    const picture = queued({ kind: "picture" });
    const visit = makeVisit([], {
      pictures: [{ ...makeVisit(["arrival"]).pictures[0], id: picture.id } as never],
    });
    const local = localRun(makeRunDetail({ stops: [makeStop(1, { visit })] }), [picture], nothing);

    expect(local.stops[0]?.photos).toMatchObject([{ id: picture.id, state: "sent" }]);
  });

  it("shows the stops without outcome as skipped from the tap that completes the run", () => {
    const completing = queued({ kind: "complete" });
    const local = localRun(makeRunDetail({ status: "started" }), [completing], nothing);
    expect(local.segments).toEqual(["skipped", "skipped"]);
    expect(local.status).toBe("completed");
    const refused = { ...completing, state: "refused" } as Entry;
    const open = localRun(makeRunDetail({ status: "started" }), [refused], nothing);
    expect(open.segments).toEqual(["open", "open"]);
    expect(open.status).toBe("started");
  });

  it("goes on at the stop that was begun, else at the first open one", () => {
    const begun = makeRunDetail({
      stops: [makeStop(1), makeStop(2, { visit: makeVisit(["arrival"], { building_id: 200 }) })],
    });
    expect(currentStop(localRun(begun, [], nothing), undefined)?.position).toBe(2);
    expect(currentStop(localRun(begun, [], nothing), 1)?.position).toBe(1);

    const finished = makeRunDetail({
      stops: [makeStop(1, { visit: makeVisit([], { outcome: "done" }) }), makeStop(2)],
    });
    expect(currentStop(localRun(finished, [], nothing), undefined)?.position).toBe(2);
  });
});
