import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { makeRouter } from "@/app/router";
import { firstParts, pageAddress } from "./pages";

describe("the pages that open without network", () => {
  it("are those of the router", () => {
    const paths = Object.keys(makeRouter(new QueryClient()).routesByPath)
      .map((path) => path.split("/")[1] ?? "")
      .filter((part) => part !== "" && part !== "$");
    expect(new Set(paths)).toEqual(new Set(firstParts));
  });

  it.each(["/", "/work", "/work/12", "/manage/buildings/3"])("%s is one", (path) => {
    expect(path).toMatch(pageAddress);
  });

  it.each(["/b/4f7c", "/workers", "/runs/1", "/docs/ui/", "/calendars/x.ics", "/__encore/healthz"])(
    "%s is the server's",
    (path) => {
      expect(path).not.toMatch(pageAddress);
    },
  );
});
