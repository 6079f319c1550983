import { useQueryClient } from "@tanstack/react-query";
import { type MouseEvent, useRef } from "react";
import { meQuery } from "./account/me-query";
import { ApiError, apiURL } from "./api/client";

// To who is not signed in the API answers with JSON, which is nothing to show in a window: files that open in a window of their
// own are asked for by way of a page of the app, and others once it is known that the session holds.

// The paths of the files that open in a window of their own. Nothing else is there by way of the page: not another server either.
const opened = [
  /^\/buildings\/\d+\/photo\/\d+$/,
  /^\/buildings\/\d+\/poster$/,
  /^\/manuals\/\d+\/file$/,
];

/** The page of the app that opens a file of the API. */
export function openingPage(path: string): string {
  return `/open${path.replace(/\?.*/, "")}`;
}

/** The path of the file that a page after /open/ opens; undefined when it is none. */
export function openedFile(rest: string): string | undefined {
  const path = `/${rest}`;
  return opened.some((known) => known.test(path)) ? path : undefined;
}

/** Milliseconds after which the browser is left to find out by itself. */
const patience = 4_000;

/** What a link has that downloads a file of the API. Whose session has ended is led to sign-in, as anywhere in the app. */
export function useDownload(path: string) {
  const queryClient = useQueryClient();
  const asking = useRef(false);
  const href = apiURL(path);
  const onClick = async (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    if (asking.current) {
      return;
    }
    asking.current = true;
    try {
      await Promise.race([
        queryClient.fetchQuery({ ...meQuery, staleTime: 0, retry: false }),
        new Promise((resolve) => setTimeout(resolve, patience)),
      ]);
    } catch (error) {
      if (error instanceof ApiError && error.code === "unauthenticated") {
        return;
      }
      // Nobody knows: the browser says what is wrong.
    } finally {
      asking.current = false;
    }
    Object.assign(document.createElement("a"), { href, download: "" }).click();
  };
  return { href, download: true, onClick } as const;
}
