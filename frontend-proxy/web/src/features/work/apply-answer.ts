import type { QueryClient } from "@tanstack/react-query";
import { withPicture, withVisit } from "@/shared/runs/live";
import { runQuery } from "@/shared/runs/run-query";
import type { Answer } from "./outbox/entries";
import { myRunsQuery } from "./queries";

/** Puts the server's answer to an outbox entry into the cache, before the entry leaves the queue. */
export async function applyAnswer(
  queryClient: QueryClient,
  runId: number,
  answer: Answer,
): Promise<void> {
  const { queryKey } = runQuery(runId);
  // An older fetch that is still under way must not overwrite the answer.
  await queryClient.cancelQueries({ queryKey });
  queryClient.setQueryData(queryKey, (run) => {
    switch (answer.kind) {
      case "run":
        return answer.run;
      case "visit":
        return run === undefined ? undefined : withVisit(run, answer.visit);
      case "picture":
        return run === undefined ? undefined : withPicture(run, answer.picture);
    }
  });
  if (answer.kind !== "picture") {
    void queryClient.invalidateQueries({ queryKey: myRunsQuery.queryKey });
  }
}
