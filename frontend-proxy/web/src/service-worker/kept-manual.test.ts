import { QueryClient } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { OfflineCache } from "@/app/offline-cache";
import { queryKeys } from "@/shared/api/query-keys";
import { addDays, today } from "@/shared/dates";
import { makeAccount } from "@/shared/testing/data";
import { keptManual, manualAddress } from "./kept-manual";

it("opens a manual that the pages kept, and makes no database where there is none", async () => {
  expect(manualAddress.exec("/manuals/7/file")?.[1]).toBe("7");
  expect("/manuals/7/file/x").not.toMatch(manualAddress);
  expect(await keptManual(7)).toBeUndefined();
  const names = (await indexedDB.databases()).map(({ name }) => name);
  expect(names).not.toContain("trottoir-cache");

  const cache = new OfflineCache();
  const queryClient = new QueryClient();
  await cache.attach(queryClient, "shape");
  queryClient.setQueryData(queryKeys.me, makeAccount({ id: 3 }));
  const of = { accountId: 3, size: 3, until: addDays(today(), 1) };
  const file = new TextEncoder().encode("%PDF-1.7").buffer;
  await vi.waitFor(async () =>
    expect(await cache.keepManual({ ...of, id: 7, buildingId: 100 }, file)).toBe(true),
  );
  await cache.keepManual({ ...of, id: 8, buildingId: 200, until: addDays(today(), -3) }, file);

  const opened = await keptManual(7);
  expect(opened?.headers.get("Content-Type")).toBe("application/pdf");
  expect(await opened?.text()).toBe("%PDF-1.7");
  expect(await keptManual(8), "its last day is over").toBeUndefined();
  expect(await keptManual(9)).toBeUndefined();

  await cache.forget();
  expect(await keptManual(7), "whoever it was signed out").toBeUndefined();
  cache.close();
});
