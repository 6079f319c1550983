import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { meQuery } from "@/shared/account/me-query";
import { applyAnswer } from "../apply-answer";
import { OutboxDatabase } from "./database";
import { Outbox } from "./outbox";
import { OutboxContext } from "./outbox-context";
import { sendEntry } from "./transport";

// One for as long as the app is open: it also sends while no page shows it.
const outboxes = new WeakMap<QueryClient, Outbox>();

function outboxOf(queryClient: QueryClient): Outbox {
  const known = outboxes.get(queryClient);
  if (known !== undefined) {
    return known;
  }
  const outbox = new Outbox({
    database: new OutboxDatabase(),
    transport: sendEntry,
    onSent: (entry, answer) => applyAnswer(queryClient, entry.runId, answer),
    // Asking for the account leads to sign-in, or to whoever is signed in now.
    onSignedOut: () => void queryClient.invalidateQueries({ queryKey: meQuery.queryKey }),
    whoIsSignedIn: async (signal) => {
      const { queryKey } = meQuery;
      // One that hangs is not waited for again.
      signal.addEventListener("abort", () => void queryClient.cancelQueries({ queryKey }), {
        once: true,
      });
      return (await queryClient.fetchQuery({ ...meQuery, staleTime: 0 })).id;
    },
  });
  outboxes.set(queryClient, outbox);
  return outbox;
}

/** The worker's queue for the pages behind sign-in: those before it load without its database. */
export function OutboxProvider({ children }: { children: ReactNode }) {
  return <OutboxContext value={outboxOf(useQueryClient())}>{children}</OutboxContext>;
}
