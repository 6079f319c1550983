/** The first parts of the paths of the web app's pages. Whatever else is on this host is the server's own. */
export const firstParts = [
  "confirm-email",
  "forgot-password",
  "manage",
  "my-buildings",
  "open",
  "people",
  "plan",
  "profile",
  "register",
  "reset-password",
  "second-factor-setup",
  "sign-in",
  "today",
  "unsubscribe",
  "wall",
  "welcome",
  "work",
] as const;

/** Knows the address of a page of the web app by its path. */
export const pageAddress = new RegExp(`^/((${firstParts.join("|")})(/|$)|$)`);

/** Those of them that are for who is not signed in: nothing is sent from there. */
const signedOut =
  /^\/(confirm-email|forgot-password|register|reset-password|sign-in|unsubscribe)(\/|$)/;

/** Whether a window shows a page that sends what waits on the device: not one of the server, such as a resident's page or a PDF. */
export function sendsByItself(url: string): boolean {
  const { pathname } = new URL(url);
  return pageAddress.test(pathname) && !signedOut.test(pathname);
}

type Kept = { url: string; revision?: string | null };

/**
 * What is kept, so that the page is fetched anew when the server has another policy for it: it is kept with its headers, and
 * would let nobody reach an API or a map that has moved. Which policy it is, the server writes into the service worker.
 */
export function withPolicy(entries: readonly (string | Kept)[], policy: string): (string | Kept)[] {
  return entries.map((entry) =>
    typeof entry !== "string" && entry.url === "index.html"
      ? { ...entry, revision: `${entry.revision}-${policy}` }
      : entry,
  );
}
