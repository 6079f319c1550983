import { queryOptions } from "@tanstack/react-query";

/** As much as the photos of a long day take before they are sent. */
const needed = 100 * 1024 * 1024;

export type StorageRoom = {
  /** Bytes that the browser still gives to the app; undefined when it does not say. */
  free: number | undefined;
  /** Photos may soon not fit any more. */
  low: boolean;
};

/** Asks the browser how much this device can still keep. */
export async function storageRoom(): Promise<StorageRoom> {
  try {
    const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
    if (quota === undefined || usage === undefined) {
      return { free: undefined, low: false };
    }
    const free = Math.max(0, quota - usage);
    return { free, low: free < needed };
  } catch {
    // A browser that refuses to say, as some do in private windows.
    return { free: undefined, low: false };
  }
}

const lookEvery = 5 * 60_000;

/** How much room there is, looked at again now and then: photos fill it. */
export const storageRoomQuery = queryOptions({
  queryKey: ["storage-room"],
  queryFn: storageRoom,
  refetchInterval: lookEvery,
});
