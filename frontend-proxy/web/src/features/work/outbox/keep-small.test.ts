import { expect, it, vi } from "vitest";
import type { KeptPhoto, PhotoStore } from "../kept/photo-store";
import type { PictureEntry } from "./entries";
import { keepSmall } from "./open-outbox";

const entry: PictureEntry = {
  kind: "picture",
  id: "p1",
  key: "picture:p1",
  accountId: 3,
  runId: 12,
  buildingId: 100,
  createdAt: "",
  state: "waiting",
  attempts: 0,
  notBefore: 0,
  takenAt: "",
  contentType: "image/jpeg",
  size: 8,
  sha256: "abc",
};

function makeStore() {
  const kept: KeptPhoto[] = [];
  const store: PhotoStore = {
    keepPhoto: async (photo) => kept.push(photo) > 0,
    keptPhoto: async () => undefined,
    wasSent: async () => false,
  };
  return { kept, store };
}

it("keeps a photo that was sent, small, for the day of its run", async () => {
  const { kept, store } = makeStore();
  const shrink = vi.fn(async () => new ArrayBuffer(2));
  await keepSmall(store, entry, new ArrayBuffer(8), "2026-11-24", shrink);
  expect(kept).toMatchObject([
    { id: "p1", accountId: 3, runId: 12, until: "2026-11-24", sha256: "abc", size: 2 },
  ]);
});

it("keeps none that the browser cannot draw, nor on a phone without room", async () => {
  const { kept, store } = makeStore();
  await keepSmall(store, entry, new ArrayBuffer(8), "2026-11-24", async () => undefined);
  vi.stubGlobal("navigator", { storage: { estimate: async () => ({ quota: 10, usage: 9 }) } });
  await keepSmall(store, entry, new ArrayBuffer(8), "2026-11-24", async () => new ArrayBuffer(2));
  vi.unstubAllGlobals();
  expect(kept).toEqual([]);
});
