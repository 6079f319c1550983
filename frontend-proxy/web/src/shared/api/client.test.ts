import { readFileSync } from "node:fs";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { server } from "@/shared/testing/server";
import { api, keyed, unwrap } from "./client";

function answerWith(...answers: (() => Response)[]): (string | null)[] {
  const keys: (string | null)[] = [];
  server.use(
    http.all("*/tours", ({ request }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      return (answers[keys.length - 1] ?? (() => HttpResponse.json({ id: 1 })))();
    }),
  );
  return keys;
}

function create(name: string) {
  return unwrap(
    api().POST("/tours", { body: { region_id: 1, name, hide_idle_stops: null, version: 0 } }),
  ).catch(() => {});
}

test("a write that was not answered keeps its key, an answered one does not", async () => {
  const keys = answerWith(
    () => HttpResponse.error(),
    () => new HttpResponse("Bad gateway", { status: 502 }),
    () =>
      new HttpResponse("<html>Sign in to the Wi-Fi</html>", {
        headers: { "Content-Type": "text/html" },
      }),
    () => HttpResponse.json({ id: 1 }),
    () => HttpResponse.json({ code: "already_exists" }, { status: 409 }),
  );
  for (let i = 0; i < 6; i++) {
    await create("Noord");
  }
  const [first, ...others] = keys;
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  expect(others.slice(0, 3)).toEqual([first, first, first]);
  expect(new Set(keys).size).toBe(3);
});

test("another write has another key, and reading has none", async () => {
  const keys = answerWith(
    () => HttpResponse.error(),
    () => HttpResponse.error(),
  );
  await create("Noord");
  await create("Zuid");
  await unwrap(api().GET("/tours"));
  expect(keys[0]).not.toBe(keys[1]);
  expect(keys[2]).toBeNull();
});

test("deleting and inviting have a key too", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.all(/\/(regions\/1|invitations)$/, ({ request }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      return HttpResponse.error();
    }),
  );
  for (let i = 0; i < 2; i++) {
    const path = { params: { path: { id: 1 } } };
    await unwrap(api().DELETE("/regions/{id}", path)).catch(() => {});
    const body = { email: "emma@example.org", role: "student" } as const;
    await unwrap(api().POST("/invitations", { body })).catch(() => {});
  }
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys[1]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys.slice(2)).toEqual(keys.slice(0, 2));
});

test("what was taken back and is planned again is another request", async () => {
  const keys: (string | null)[] = [];
  const lost = [true, false, false];
  server.use(
    http.post(/\/planning\/runs$/, ({ request }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      return lost.shift() ? HttpResponse.error() : HttpResponse.json({ ids: [5], skipped: [] });
    }),
    http.post(/\/planning\/runs\/cancel$/, () => HttpResponse.json({ items: [] })),
  );
  const plan = () =>
    unwrap(
      api().POST("/planning/runs", {
        body: { runs: [{ tour_id: 1, worker_id: 3, date: "2026-12-01" }] },
      }),
    ).catch(() => {});
  await plan();
  // The plan shows it: it was stored.
  await unwrap(
    api().POST("/planning/runs/cancel", { body: { items: [{ id: 5, version: 1 }], reason: "x" } }),
  );
  await plan();
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(keys[1]).not.toBe(keys[0]);
});

test("every write that the API does once for a key has one", () => {
  const contract: {
    paths: Record<string, Record<string, { parameters?: { name: string }[] }>>;
  } = JSON.parse(readFileSync("../../docs/openapi.json", "utf8"));
  const without = Object.entries(contract.paths)
    .filter(([, methods]) =>
      Object.values(methods).some(({ parameters }) =>
        parameters?.some(({ name }) => name.toLowerCase() === "idempotency-key"),
      ),
    )
    .map(([path]) => path)
    .filter((path) => !keyed.test(path));
  expect(without).toEqual(["/mail/receivers"]); // it names them, and changes nothing
});
