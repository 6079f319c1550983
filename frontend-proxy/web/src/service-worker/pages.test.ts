import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { makeRouter } from "@/app/router";
import { firstParts, pageAddress, sendsByItself, withPolicy } from "./pages";

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

it("a page of the app behind sign-in sends by itself, and no other window does", () => {
  const at = (path: string) => sendsByItself(`https://trottoir.example${path}`);
  expect(["/", "/work", "/work/12?stop=3", "/profile"].map(at)).not.toContain(false);
  expect(["/b/4f7c", "/manuals/7/file", "/sign-in?to=/work", "/unsubscribe"].map(at)).not.toContain(
    true,
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
