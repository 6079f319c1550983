import type { QueryClient } from "@tanstack/react-query";
import { meQuery } from "@/shared/account/me-query";
import { applyAnswer } from "../apply-answer";
import { OutboxDatabase } from "./database";
import { Outbox } from "./outbox";
import { sendEntry } from "./transport";

/** The queue on this device, whose answers go into this cache. */
export function openOutbox(queryClient: QueryClient): Outbox {
  return new Outbox({
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
}
