/** The first parts of the paths of the web app's pages. Whatever else is on this host is the server's own. */
export const firstParts = [
  "confirm-email",
  "forgot-password",
  "manage",
  "my-buildings",
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
