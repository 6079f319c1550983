import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeVisit } from "@/shared/testing/data";
import { OutboxDatabase } from "./database";
import type { Answer, EntryDraft } from "./entries";
import { Outbox } from "./outbox";

const hold = 10_000;
const answer: Answer = { kind: "visit", visit: makeVisit([]) };
const outcome = (buildingId: number): EntryDraft => ({
  kind: "outcome",
  runId: 12,
  buildingId,
  outcome: "skipped",
  reason: "Geen bakken",
  occurredAt: "2026-11-24T17:01:00Z",
});

describe("what is held", () => {
  let database: OutboxDatabase;
  let clock: number;
  let sent: string[];
  const outboxes: Outbox[] = [];

  const open = () => {
    const outbox = new Outbox({
      database,
      transport: async ({ entry }) => {
        sent.push(entry.id);
        return answer;
      },
      now: () => clock,
    });
    outboxes.push(outbox);
    outbox.start(3);
    return outbox;
  };
  const stored = async () => (await database.entries.toArray()).map(({ id }) => id);

  beforeEach(() => {
    database = new OutboxDatabase(`hold-${crypto.randomUUID()}`);
    clock = Date.parse("2026-11-24T17:00:00Z");
    sent = [];
  });
  afterEach(async () => {
    for (const outbox of outboxes.splice(0)) {
      outbox.stop();
      await outbox.flush();
    }
    database.close();
  });

  it("is sent when its time is over, and delays nothing else", async () => {
    const outbox = open();
    await outbox.add(outcome(100), "held", hold);
    await outbox.add(outcome(200), "other");
    await outbox.flush();
    expect(sent).toEqual(["other"]);
    clock += hold - 1;
    await outbox.flush();
    expect(sent).toEqual(["other"]);
    clock += 1;
    await outbox.flush();
    expect(sent).toEqual(["other", "held"]);
  });

  it("is sent by itself", async () => {
    const outbox = open();
    await outbox.add(outcome(100), "held", 150);
    await outbox.flush();
    clock += 150;
    await vi.waitFor(() => expect(sent).toEqual(["held"]), 3_000);
  });

  it("can be taken back as long as it is held, also after the app was killed, and done anew", async () => {
    await open().add(outcome(100), "held", hold);
    clock += 5_000;
    const again = open();
    expect(await again.takeBack("held")).toBe(true);
    expect(await stored()).toEqual([]);
    await again.add(outcome(100), "anew");
    await again.flush();
    expect(sent).toEqual(["anew"]);
  });

  it("is not taken back when it is too late", async () => {
    const outbox = open();
    await outbox.add(outcome(100), "held", hold);
    clock += hold;
    expect(await outbox.takeBack("held")).toBe(false);
    await outbox.flush();
    expect(sent).toEqual(["held"]);
    expect(await outbox.takeBack("held")).toBe(false);
  });

  it("goes at once when the worker says that it is right, and when the phone's clock is put back", async () => {
    const outbox = open();
    await outbox.add(outcome(100), "right", hold);
    await outbox.letGo("right");
    await outbox.flush();
    expect(sent).toEqual(["right"]);

    await outbox.add(outcome(200), "clock", hold);
    clock -= 3_600_000;
    await outbox.flush();
    expect(sent).toEqual(["right", "clock"]);
  });
});
