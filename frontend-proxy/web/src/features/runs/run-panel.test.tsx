import { QueryClient } from "@tanstack/react-query";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import { queryKeys } from "@/shared/api/query-keys";
import { today } from "@/shared/dates";
import { makeRunDetail } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { RunPanel } from "./run-panel";

it("makes every list that shows the run stale when it is cancelled", async () => {
  const run = makeRunDetail({ status: "planned" });
  server.use(
    http.get(at("/runs/12"), () => HttpResponse.json(run)),
    http.post(at("/runs/12/cancel"), () =>
      HttpResponse.json({ ...run, status: "cancelled", cancel_reason: "Sneeuw" }),
    ),
  );
  const queryClient = new QueryClient();
  const lists = [
    queryKeys.dashboard(today()),
    queryKeys.plannedRuns(today()),
    queryKeys.myRuns,
  ] as const;
  for (const queryKey of lists) {
    queryClient.setQueryData(queryKey, []);
  }
  renderPage(<RunPanel runId={12} onClose={() => undefined} />, { queryClient });
  const user = userEvent.setup();

  await user.click(await screen.findByRole("button", { name: "Rit annuleren …" }));
  await user.type(await screen.findByRole("textbox", { name: "Reden" }), "Sneeuw");
  await user.click(screen.getByRole("button", { name: "Annuleer rit Centrum-Noord" }));

  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  for (const queryKey of lists) {
    expect(queryClient.getQueryState(queryKey)?.isInvalidated).toBe(true);
  }
});
