import { createContext } from "react";
import type { ManualStore } from "./manual-store";
import type { PhotoStore } from "./photo-store";

/** What the device keeps for who is signed in, so that it is there without network. */
export type DeviceStore = ManualStore & PhotoStore;

/** Where the device keeps it; nowhere without one. */
export const DeviceStoreContext = createContext<DeviceStore | undefined>(undefined);
