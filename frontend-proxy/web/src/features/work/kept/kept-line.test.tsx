import { QueryClient } from "@tanstack/react-query";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { queryKeys } from "@/shared/api/query-keys";
import { today } from "@/shared/dates";
import { makeAccount, makeRun, makeRunDetail, makeStop } from "@/shared/testing/data";
import { at, server } from "@/shared/testing/server";
import { renderPage } from "@/testing/render";
import { type DeviceStore, DeviceStoreContext } from "./device-store";
import { KeptLine } from "./kept-line";

const manual = { id: 7, version: 1, size: 3, url: "/manuals/7/file" };
const run = makeRun({ date: today(), status: "planned" });
const details = makeRunDetail({
  date: today(),
  status: "planned",
  stops: [makeStop(1, { manual }), makeStop(2)],
});

function show(known = [details]) {
  const kept: number[] = [];
  const store: DeviceStore = {
    photoBytes: async () => 0,
    keepPhoto: async () => true,
    keptPhoto: async () => undefined,
    wasSent: async () => false,
    manuals: async () => [],
    keepManual: async ({ id }) => kept.push(id) > 0,
    keepManualUntil: async () => undefined,
    dropManuals: async () => undefined,
    manualBytes: async () => undefined,
  };
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queryClient.setQueryData(queryKeys.me, makeAccount({ id: 3 }));
  renderPage(
    <DeviceStoreContext value={store}>
      <KeptLine runs={[run]} known={new Map(known.map((one) => [one.id, one]))} />
    </DeviceStoreContext>,
    { queryClient },
  );
  return kept;
}

beforeEach(() => {
  vi.stubGlobal("navigator", {
    ...navigator,
    onLine: true,
    userAgent: "test",
    serviceWorker: {
      controller: {},
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    },
  });
  server.use(
    http.get(at("/waste-kinds"), () => HttpResponse.json({ items: [] })),
    http.get(at("/manuals/7/file"), () =>
      HttpResponse.arrayBuffer(new ArrayBuffer(3), {
        headers: { "Content-Type": "application/pdf" },
      }),
    ),
  );
});
afterEach(() => vi.unstubAllGlobals());

it("says that everything is here when it is", async () => {
  const kept = show();
  expect(
    await screen.findByText("Klaar voor gebruik zonder netwerk, 1 handleiding."),
  ).toBeVisible();
  expect(kept).toEqual([7]);
});

it("does not say so of a run whose stops have not come", async () => {
  show([]);
  expect(
    await screen.findByText(/^De haltes van een rit staan nog niet op deze telefoon/),
  ).toBeVisible();
});

it("fetches nothing on a phone that saves data, until the worker asks for it", async () => {
  vi.stubGlobal("navigator", { ...navigator, connection: { saveData: true } });
  const kept = show();
  expect(await screen.findByText(/1 handleiding niet. Je telefoon bespaart data/)).toBeVisible();
  expect(kept).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Nu ophalen" }));
  expect(
    await screen.findByText("Klaar voor gebruik zonder netwerk, 1 handleiding."),
  ).toBeVisible();
  expect(kept).toEqual([7]);
});
