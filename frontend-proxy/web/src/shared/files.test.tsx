import { QueryCache, QueryClient } from "@tanstack/react-query";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { renderPage } from "@/testing/render";
import { openedFile, openingPage, useDownload } from "./files";
import { makeAccount } from "./testing/data";
import { at, server } from "./testing/server";

afterEach(() => {
  vi.restoreAllMocks();
});

const refused = () => HttpResponse.json({ code: "unauthenticated", message: "…" }, { status: 401 });

describe("a file that opens in a window of its own", () => {
  it.each([
    ["/buildings/7/poster", "/open/buildings/7/poster"],
    ["/manuals/3/file", "/open/manuals/3/file"],
    ["/buildings/7/photo/1600?v=ab12", "/open/buildings/7/photo/1600"],
  ])("%s is asked for by way of the app", (path, page) => {
    expect(openingPage(path)).toBe(page);
    expect(openedFile(page.slice("/open/".length))).toBe(path.replace(/\?.*/, ""));
  });

  it.each([
    "",
    "/evil.example",
    "//evil.example/manuals/3/file",
    "\\evil.example",
    "https://evil.example/manuals/3/file",
    "manuals/3/file/..",
    "manuals/3/file\n",
    "manuals/x/file",
    "auth/sign-out",
    "buildings/7/poster/../../../me",
  ])("nothing else is: %s", (rest) => {
    expect(openedFile(rest)).toBeUndefined();
  });
});

function OwnData() {
  return <a {...useDownload("/me/export")}>Mijn gegevens</a>;
}

describe("a file that is downloaded", () => {
  async function download() {
    const files: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      files.push(this.pathname);
    });
    const failures: string[] = [];
    const queryClient = new QueryClient({
      queryCache: new QueryCache({ onError: ({ message }) => failures.push(message) }),
    });
    renderPage(<OwnData />, { queryClient });
    await userEvent.click(await screen.findByRole("link", { name: "Mijn gegevens" }));
    return { files, failures };
  }

  it("comes to who is signed in", async () => {
    server.use(http.get(at("/me"), () => HttpResponse.json(makeAccount())));
    const { files } = await download();
    await waitFor(() => expect(files).toEqual(["/me/export"]));
  });

  it("is not asked for when the session has ended, which the app hears of", async () => {
    server.use(http.get(at("/me"), refused));
    const { files, failures } = await download();
    await waitFor(() => expect(failures).toHaveLength(1));
    expect(files).toEqual([]);
  });

  it("is asked for when nobody knows, so that the browser says what is wrong", async () => {
    server.use(http.get(at("/me"), () => HttpResponse.error()));
    const { files } = await download();
    await waitFor(() => expect(files).toEqual(["/me/export"]));
  });
});
