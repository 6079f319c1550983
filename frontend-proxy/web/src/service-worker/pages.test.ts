import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { makeRouter } from "@/app/router";
import { firstParts, pageAddress, withPolicy } from "./pages";

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

it("the page is kept anew with another policy, and nothing else is", () => {
  const entries = [
    { url: "index.html", revision: "1" },
    { url: "assets/a.js", revision: null },
  ];
  const kept = withPolicy(entries, "ab12");
  expect(kept).toEqual([{ url: "index.html", revision: "1-ab12" }, entries[1]]);
  expect(withPolicy(entries, "cd34")[0]).not.toEqual(kept[0]);
});
