import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, use } from "react";
import { mayExist } from "@/shared/kept-database";
import { type DeviceStore, DeviceStoreContext } from "../kept/device-store";
import { LazyOutbox } from "./lazy-outbox";
import { OutboxContext } from "./outbox-context";
import { outboxName } from "./outbox-name";

// One for as long as the app is open: it also sends while no page shows it.
const outboxes = new WeakMap<QueryClient, LazyOutbox>();

function outboxOf(
  queryClient: QueryClient,
  store: DeviceStore | undefined,
  load: OutboxProviderProps["load"],
): LazyOutbox {
  const known = outboxes.get(queryClient);
  if (known !== undefined) {
    return known;
  }
  const outbox = new LazyOutbox(async () =>
    (await import("./open-outbox")).openOutbox(queryClient, store),
  );
  outboxes.set(queryClient, outbox);
  if (load === "now") {
    void outbox.open();
  } else if (load === "when kept") {
    void mayExist(outboxName).then((kept) => (kept ? outbox.open() : undefined));
  }
  return outbox;
}

type OutboxProviderProps = {
  /** With the first page, with it where this device keeps something, or behind it. */
  load: "now" | "when kept" | "later";
  children: ReactNode;
};

/** The worker's queue for the pages behind sign-in. */
export function OutboxProvider({ load, children }: OutboxProviderProps) {
  const outbox = outboxOf(useQueryClient(), use(DeviceStoreContext), load);
  return <OutboxContext value={outbox}>{children}</OutboxContext>;
}
