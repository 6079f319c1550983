import { ApiError, apiFetch, apiURL } from "@/shared/api/client";
import type { RunDetail } from "@/shared/api/types";
import { addDays } from "@/shared/dates";
import { type ManualStore, mostBytes } from "./manual-store";
import { storageRoom } from "./storage-room";

const patience = 60_000;
const daysAround = 14;

export type WantedManual = {
  id: number;
  buildingId: number;
  size: number;
  url: string;
  until: string;
};

/** Why a manual is not on the device. */
export type ManualLack = "no_network" | "save_data" | "no_room" | "not_kept";

export type KeptManuals = { wanted: number; kept: number; lack: ManualLack | undefined };

/** The newest manual of each building of these runs, those of the earliest run first. */
export function wantedManuals(runs: Iterable<RunDetail>): WantedManual[] {
  const wanted = new Map<number, WantedManual>();
  for (const run of [...runs].sort((a, b) => a.date.localeCompare(b.date))) {
    for (const { building, manual } of run.stops) {
      if (manual !== null) {
        const { id, size, url } = manual;
        const until = addDays(run.date, daysAround);
        wanted.set(id, { id, buildingId: building.id, size, url, until });
      }
    }
  }
  return [...wanted.values()];
}

type KeepOptions = {
  store: ManualStore;
  accountId: number;
  /** The person wants to save data: nothing is fetched. */
  saveData: boolean;
};

/** Fetches what is not on the device yet, one after the other, and lets go of what was replaced. */
export async function keepManuals(
  runs: readonly RunDetail[],
  { store, accountId, saveData }: KeepOptions,
): Promise<KeptManuals> {
  const wanted = wantedManuals(runs);
  const wantedIds = new Set(wanted.map(({ id }) => id));
  const buildings = new Set(runs.flatMap(({ stops }) => stops.map(({ building }) => building.id)));
  const there = await store.manuals();
  const kept = new Map(there.map((manual) => [manual.id, manual]));
  // Withdrawn by the office. One with a newer version goes when that one is there.
  const replaced = new Set(wanted.map(({ buildingId }) => buildingId));
  const gone = there.filter(
    ({ id, buildingId }) =>
      buildings.has(buildingId) && !wantedIds.has(id) && !replaced.has(buildingId),
  );
  let spare = there.filter((manual) => !wantedIds.has(manual.id) && !gone.includes(manual));
  const room = await storageRoom();
  if (room.low) {
    gone.push(...spare);
    spare = [];
  }
  await store.dropManuals(gone.map(({ id }) => id));

  let lack: ManualLack | undefined;
  let count = 0;
  let bytes = spare.reduce((sum, { size }) => sum + size, await store.photoBytes());
  for (const manual of wanted) {
    bytes += manual.size;
    const known = kept.get(manual.id);
    if (known !== undefined) {
      if (known.until < manual.until) {
        await store.keepManualUntil(manual.id, manual.until);
      }
      count += 1;
      continue;
    }
    if (saveData || room.low || lack === "no_network") {
      lack = room.low ? "no_room" : (lack ?? "save_data");
      continue;
    }
    // What no run needs now makes place, the one that may stay shortest first.
    spare.sort((a, b) => a.until.localeCompare(b.until));
    while (bytes > mostBytes && spare.length > 0) {
      const [least] = spare.splice(0, 1);
      bytes -= least?.size ?? 0;
      await store.dropManuals(least === undefined ? [] : [least.id]);
    }
    if (bytes > mostBytes) {
      bytes -= manual.size;
      lack = "no_room";
      continue;
    }
    try {
      const file = await fetchManual(manual.url);
      const { id, buildingId, until } = manual;
      const size = file.byteLength;
      if (await store.keepManual({ id, buildingId, accountId, size, until }, file)) {
        count += 1;
      } else {
        lack = "not_kept";
      }
    } catch (error) {
      lack = error instanceof ApiError && error.temporary ? "no_network" : "not_kept";
    }
  }
  return { wanted: wanted.length, kept: count, lack };
}

async function fetchManual(url: string): Promise<ArrayBuffer> {
  const request = new AbortController();
  const limit = setTimeout(() => request.abort(slow), patience);
  try {
    const response = await apiFetch(apiURL(url), { signal: request.signal });
    const type = response.headers.get("Content-Type") ?? "";
    if (!response.ok || !type.startsWith("application/pdf")) {
      throw new ApiError({ status: response.status, code: "unavailable", message: "No manual." });
    }
    return await response.arrayBuffer();
  } finally {
    clearTimeout(limit);
  }
}

const slow = new ApiError({
  status: 0,
  code: "deadline_exceeded",
  message: "The server did not answer in time.",
});
