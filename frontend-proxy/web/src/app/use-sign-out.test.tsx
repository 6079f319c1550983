import { QueryClient } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, it, onTestFinished } from "vitest";
import { OutboxDatabase } from "@/features/work/outbox/database";
import { Outbox } from "@/features/work/outbox/outbox";
import { OutboxContext } from "@/features/work/outbox/outbox-context";
import { ApiError } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import { makeAccount } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { useSignOut } from "./use-sign-out";

function Leave() {
  const leave = useSignOut();
  return (
    <button type="button" onClick={() => leave.mutate()}>
      {leave.isSuccess ? "gone" : "leave"}
    </button>
  );
}

it("keeps what waits to be sent for who signs out, and shows it to nobody", async () => {
  server.use(http.post(at("/auth/sign-out"), () => HttpResponse.json({})));
  const database = new OutboxDatabase(`sign-out-${crypto.randomUUID()}`);
  const outbox = new Outbox({
    database,
    transport: async () => {
      throw new ApiError({ status: 0, code: "network", message: "" });
    },
  });
  onTestFinished(async () => {
    outbox.stop();
    await outbox.flush();
    database.close();
  });
  outbox.start(3);
  const photo = { bytes: new ArrayBuffer(4), contentType: "image/jpeg" };
  const where = { runId: 12, buildingId: 100, step: "arrival" } as const;
  await outbox.add({ kind: "picture", ...where, takenAt: "2026-11-24T17:00:00Z", ...photo });
  await outbox.add({ kind: "step", ...where, occurredAt: "2026-11-24T17:01:00Z" });
  const queryClient = new QueryClient();
  queryClient.setQueryData(queryKeys.me, makeAccount({ id: 3 }));
  renderPage(
    <OutboxContext value={outbox}>
      <Leave />
    </OutboxContext>,
    { queryClient },
  );
  await userEvent.setup().click(await screen.findByRole("button", { name: "leave" }));
  await screen.findByRole("button", { name: "gone" });

  expect(queryClient.getQueryData(queryKeys.me)).toBeUndefined();
  expect(outbox.getSnapshot().entries).toEqual([]);
  expect(
    (await database.entries.toArray()).map(({ kind, accountId }) => [kind, accountId]),
  ).toEqual([
    ["picture", 3],
    ["step", 3],
  ]);
  expect(await database.photos.count()).toBe(1);
});
