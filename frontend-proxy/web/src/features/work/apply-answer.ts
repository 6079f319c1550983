import type { QueryClient } from "@tanstack/react-query";
import { patchQuery } from "@/shared/api/patch-query";
import type { RunDetail } from "@/shared/api/types";
import { withPicture, withRemark, withVisit } from "@/shared/runs/live";
import { runQuery } from "@/shared/runs/run-query";
import type { Answer } from "./outbox/entries";
import { myRunsQuery } from "./queries";

/** Puts the server's answer to an outbox entry into the cache, before the entry leaves the queue. */
export function applyAnswer(queryClient: QueryClient, runId: number, answer: Answer): void {
  const { queryKey } = runQuery(runId);
  if (answer.kind === "run" && queryClient.getQueryData(queryKey) === undefined) {
    queryClient.setQueryData(queryKey, answer.run);
  }
  patchQuery<RunDetail>(queryClient, queryKey, (run) => {
    switch (answer.kind) {
      case "run":
        // The first result of a repeated write may be older than what is known.
        return answer.run.version >= run.version ? answer.run : run;
      case "visit":
        return withVisit(run, answer.visit);
      case "picture":
        return withPicture(run, answer.picture);
      case "remark":
        return withRemark(run, answer.remark);
      case "incident":
        return run;
    }
  });
  if (answer.kind === "run" || answer.kind === "visit") {
    void queryClient.invalidateQueries({ queryKey: myRunsQuery.queryKey });
  }
}
