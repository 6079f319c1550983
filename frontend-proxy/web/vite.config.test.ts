import { expect, it } from "vitest";
import type { paths } from "./src/shared/api/schema";
import config from "./vite.config.ts";

it("forwards every endpoint to the application, and no page", () => {
  const patterns = Object.keys(config.server?.proxy ?? {}).map((pattern) => new RegExp(pattern));
  const forwarded = (path: string) => patterns.some((pattern) => pattern.test(path));
  const some = [
    "/invitations",
    "/config.json",
    "/me",
    "/pictures",
    "/ws",
  ] satisfies (keyof paths)[];
  for (const path of [...some, "/invitations?limit=200", "/auth/sign-in", "/runs/12/start"]) {
    expect(forwarded(path), path).toBe(true);
  }
  for (const path of ["/", "/today", "/manage/buildings", "/people", "/work/12", "/my-buildings"]) {
    expect(forwarded(path), path).toBe(false);
  }
});
