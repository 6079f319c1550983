import { QueryClient } from "@tanstack/react-query";
import { HttpResponse, http } from "msw";
import { expect, it, onTestFinished } from "vitest";
import { at, server } from "@/shared/testing/server";
import { makeRouter } from "./router";

it("leads whose session has ended to sign-in, and from there to the file", async () => {
  server.use(
    http.get(at("/me"), () =>
      HttpResponse.json({ code: "unauthenticated", message: "…" }, { status: 401 }),
    ),
  );
  onTestFinished(() => window.history.replaceState({}, "", "/"));
  window.history.replaceState({}, "", "/open/buildings/7/poster");
  const router = makeRouter(new QueryClient({ defaultOptions: { queries: { retry: false } } }));
  await router.load();
  expect(router.state.location).toMatchObject({
    pathname: "/sign-in",
    search: { to: "/open/buildings/7/poster" },
  });
});
