import type { KeptManual } from "../features/work/kept/manual-store";

/** Knows the address of a manual's file, as the API gives it. */
export const manualAddress = /^\/manuals\/(\d+)\/file$/;

/**
 * The file of a manual that the pages have kept on this device, for whoever is signed in; undefined when there is none, or its
 * last day is over. Reads what app/offline-cache.ts writes, without the library that it writes with.
 */
export async function keptManual(id: number): Promise<Response | undefined> {
  const database = await open();
  if (database === undefined) {
    return undefined;
  }
  try {
    const transaction = database.transaction(["marks", "keptManuals", "manualFiles"]);
    const read = <T>(store: string, key: string | number) =>
      settled<T | undefined>(transaction.objectStore(store).get(key));
    const [mark, manual, file] = await Promise.all([
      read<{ accountId: number }>("marks", "mark"),
      read<KeptManual>("keptManuals", id),
      read<{ bytes: ArrayBuffer }>("manualFiles", id),
    ]);
    const mayRead =
      manual !== undefined && manual.accountId === mark?.accountId && manual.until >= yesterday();
    return mayRead && file !== undefined
      ? new Response(file.bytes, { headers: { "Content-Type": "application/pdf" } })
      : undefined;
  } catch {
    // Kept by a version of the app that had no manuals here.
    return undefined;
  } finally {
    database.close();
  }
}

async function open(): Promise<IDBDatabase | undefined> {
  const request = indexedDB.open("trottoir-cache");
  // There is none yet: this must not make one.
  request.onupgradeneeded = () => request.transaction?.abort();
  try {
    return await settled(request);
  } catch {
    return undefined;
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// The company's day may have begun later than that of Greenwich; the pages, which know its zone, delete to the day.
function yesterday(): string {
  return new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);
}
