import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { RunDetail } from "@/shared/api/types";
import { addDays, today } from "@/shared/dates";
import { makeRunDetail, makeStop } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { keepManuals } from "./keep-manuals";
import type { KeptManual, ManualStore } from "./manual-store";

const megabyte = 1024 * 1024;

/** A device that keeps manuals in memory. */
class Device implements ManualStore {
  readonly files = new Map<number, { manual: KeptManual; bytes: ArrayBuffer }>();

  manuals = async () => [...this.files.values()].map(({ manual }) => manual);
  keepManual = async (manual: KeptManual, bytes: ArrayBuffer) => {
    for (const [id, { manual: other }] of this.files) {
      if (other.buildingId === manual.buildingId) {
        this.files.delete(id);
      }
    }
    this.files.set(manual.id, { manual, bytes });
    return true;
  };
  keepManualUntil = async (id: number, until: string) => {
    const file = this.files.get(id);
    if (file !== undefined) {
      file.manual.until = until;
    }
  };
  dropManuals = async (ids: readonly number[]) => {
    for (const id of ids) {
      this.files.delete(id);
    }
  };
  manualBytes = async (id: number) => this.files.get(id)?.bytes;
  photos = 0;
  photoBytes = async () => this.photos;

  has(id: number, buildingId: number, size: number, until = addDays(today(), 3)): void {
    const manual = { id, buildingId, accountId: 3, size, until };
    this.files.set(id, { manual, bytes: new ArrayBuffer(0) });
  }
  get ids(): number[] {
    return [...this.files.keys()].sort((a, b) => a - b);
  }
}

/** A run of today past buildings 100, 200 … with these manuals: an id and a size. */
function runWith(...manuals: ({ id: number; size?: number } | null)[]): RunDetail {
  return makeRunDetail({
    date: today(),
    stops: manuals.map((manual, index) =>
      makeStop(index + 1, {
        manual: manual && {
          id: manual.id,
          version: 1,
          size: manual.size ?? 3,
          url: `/manuals/${manual.id}/file`,
        },
      }),
    ),
  });
}

describe("keepManuals", () => {
  const asked: string[] = [];
  let open = 0;
  const answer = (ok: (id: string) => boolean = () => true) =>
    server.use(
      http.get(at("/manuals/:id/file"), async ({ params }) => {
        open += 1;
        expect(open, "one at a time").toBe(1);
        await Promise.resolve();
        open -= 1;
        asked.push(String(params.id));
        return ok(String(params.id))
          ? HttpResponse.arrayBuffer(new Uint8Array([37, 80, 68]).buffer, {
              headers: { "Content-Type": "application/pdf" },
            })
          : HttpResponse.error();
      }),
    );
  const keep = (device: Device, run: RunDetail, saveData = false) =>
    keepManuals([run], { store: device, accountId: 3, saveData });

  afterEach(() => {
    asked.length = 0;
    vi.unstubAllGlobals();
  });

  it("fetches what is missing, one after the other, and nothing twice", async () => {
    answer();
    const device = new Device();
    const run = runWith({ id: 1 }, null, { id: 3 });
    expect(await keep(device, run)).toEqual({ wanted: 2, kept: 2, lack: undefined });
    expect(await keep(device, run)).toEqual({ wanted: 2, kept: 2, lack: undefined });
    expect(asked).toEqual(["1", "3"]);
    expect((await device.manuals())[0]).toMatchObject({ until: addDays(today(), 14), size: 3 });
  });

  it("takes a newer version in the place of the one before, and lets go of a withdrawn one", async () => {
    answer();
    const device = new Device();
    device.has(1, 100, 3);
    device.has(2, 200, 3);
    device.has(9, 900, 3); // of another tour, which may come back next week
    await keep(device, runWith({ id: 11 }, null));
    expect(device.ids).toEqual([9, 11]);
  });

  it("keeps the one before as long as the newer one cannot be fetched", async () => {
    answer(() => false);
    const device = new Device();
    device.has(1, 100, 3);
    expect(await keep(device, runWith({ id: 11 }))).toMatchObject({ kept: 0, lack: "no_network" });
    expect(device.ids).toEqual([1]);
  });

  it("stops at the first one for which there is no network, and counts what is there", async () => {
    answer((id) => id === "1");
    const device = new Device();
    device.has(4, 400, 3);
    const run = runWith({ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 });
    expect(await keep(device, run)).toEqual({ wanted: 4, kept: 2, lack: "no_network" });
    expect(asked, "the third one is not tried").toEqual(["1", "2"]);
  });

  it("counts the small photos beside the manuals to what the device keeps at most", async () => {
    answer();
    const device = new Device();
    device.photos = 80 * megabyte - 2;
    expect(await keep(device, runWith({ id: 1 }))).toMatchObject({ kept: 0, lack: "no_room" });
    device.photos = 80 * megabyte - 3;
    expect(await keep(device, runWith({ id: 1 }))).toMatchObject({ kept: 1 });
  });

  it("fetches nothing when the phone saves data", async () => {
    answer();
    expect(await keep(new Device(), runWith({ id: 1 }), true)).toEqual({
      wanted: 1,
      kept: 0,
      lack: "save_data",
    });
    expect(asked).toEqual([]);
  });

  it("takes no more room than manuals may, and makes place for what a run needs now", async () => {
    answer();
    const device = new Device();
    device.has(8, 800, 30 * megabyte, addDays(today(), 1));
    device.has(9, 900, 30 * megabyte, addDays(today(), 9));
    const run = runWith({ id: 1, size: 40 * megabyte }, { id: 2, size: 45 * megabyte }, { id: 3 });
    expect(await keep(device, run)).toEqual({ wanted: 3, kept: 2, lack: "no_room" });
    expect(asked).toEqual(["1", "3"]);
    expect(device.ids).toEqual([1, 3]);
  });

  it("leaves what is left of a full device to the photos", async () => {
    answer();
    vi.stubGlobal("navigator", {
      ...navigator,
      storage: { estimate: async () => ({ quota: 500 * megabyte, usage: 420 * megabyte }) },
    });
    const device = new Device();
    device.has(9, 900, 3);
    expect(await keep(device, runWith({ id: 1 }))).toMatchObject({ kept: 0, lack: "no_room" });
    expect(device.ids, "what no run needs now makes place").toEqual([]);
    expect(asked).toEqual([]);
  });
});
