import { useSyncExternalStore } from "react";
import { listenToProgress, percentOf } from "./upload-progress";

/** How many percent of a photo this page has sent; undefined for what goes in one piece, or does not go now. */
export function useUploadProgress(id: string): number | undefined {
  return useSyncExternalStore(listenToProgress, () => percentOf(id));
}
