import { createContext } from "react";
import type { LazyOfflineCache } from "./lazy-offline-cache";

/** What the device keeps of the account; pages that are shown by themselves can do without. */
export const OfflineCacheContext = createContext<LazyOfflineCache | undefined>(undefined);
