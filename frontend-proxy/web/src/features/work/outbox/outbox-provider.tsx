import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { mayExist } from "@/shared/kept-database";
import { LazyOutbox, outboxName } from "./lazy-outbox";
import { OutboxContext } from "./outbox-context";

// One for as long as the app is open: it also sends while no page shows it.
const outboxes = new WeakMap<QueryClient, LazyOutbox>();

function outboxOf(queryClient: QueryClient): LazyOutbox {
  const known = outboxes.get(queryClient);
  if (known !== undefined) {
    return known;
  }
  const outbox = new LazyOutbox(async () =>
    (await import("./open-outbox")).openOutbox(queryClient),
  );
  outboxes.set(queryClient, outbox);
  // What waits on this device belongs to what the first page shows.
  void mayExist(outboxName).then((kept) => (kept ? outbox.open() : undefined));
  return outbox;
}

/** The worker's queue for the pages behind sign-in. */
export function OutboxProvider({ children }: { children: ReactNode }) {
  return <OutboxContext value={outboxOf(useQueryClient())}>{children}</OutboxContext>;
}
