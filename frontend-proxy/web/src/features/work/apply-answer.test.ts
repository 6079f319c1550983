import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { HttpResponse, http } from "msw";
import { expect, it, vi } from "vitest";
import type { RunDetail } from "@/shared/api/types";
import { runQuery } from "@/shared/runs/run-query";
import { makePicture, makeRunDetail, makeVisit } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { applyAnswer } from "./apply-answer";

it("neither stops the first fetch of a run nor is covered by it", async () => {
  let answer: () => void = () => undefined;
  server.use(
    http.get(at("/runs/12"), async () => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return HttpResponse.json(makeRunDetail());
    }),
  );
  const queryClient = new QueryClient();
  const leave = new QueryObserver(queryClient, runQuery(12)).subscribe(() => undefined);
  await vi.waitFor(() => expect(answer).not.toHaveLength(1));

  applyAnswer(queryClient, 12, { kind: "visit", visit: makeVisit(["arrival"]) });
  await new Promise((resolve) => setTimeout(resolve, 20));
  answer();

  await vi.waitFor(() =>
    expect(queryClient.getQueryData(runQuery(12).queryKey)?.stops[0]?.visit?.steps).toHaveLength(1),
  );
  leave();
});

it("does not stop the fetch that fills a gap: a cancelled run is seen", async () => {
  let answer: () => void = () => undefined;
  const cancelled = makeRunDetail({ status: "cancelled", version: 9 });
  server.use(
    http.get(at("/runs/12"), async () => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return HttpResponse.json(cancelled);
    }),
  );
  const queryClient = new QueryClient();
  const { queryKey } = runQuery(12);
  queryClient.setQueryData(queryKey, makeRunDetail());
  const leave = new QueryObserver(queryClient, runQuery(12)).subscribe(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));

  applyAnswer(queryClient, 12, { kind: "picture", picture: makePicture("p", "arrival") });
  await new Promise((resolve) => setTimeout(resolve, 20));
  answer();

  await vi.waitFor(() => expect(queryClient.getQueryData(queryKey)?.status).toBe("cancelled"));
  leave();
});

it("does not set a run back to the first result of a repeated write", () => {
  const queryClient = new QueryClient();
  const { queryKey } = runQuery(12);
  queryClient.setQueryData(queryKey, makeRunDetail({ status: "cancelled", version: 5 }));
  const first: RunDetail = makeRunDetail({ status: "started", version: 2 });

  applyAnswer(queryClient, 12, { kind: "run", run: first });

  expect(queryClient.getQueryData(queryKey)).toMatchObject({ status: "cancelled" });
});

it("keeps the run that was answered when none was known", () => {
  const queryClient = new QueryClient();
  const run: RunDetail = makeRunDetail({ status: "started", version: 2 });

  applyAnswer(queryClient, 12, { kind: "run", run });

  expect(queryClient.getQueryData(runQuery(12).queryKey)).toEqual(run);
});
