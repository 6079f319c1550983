import { lazyPart } from "@/shared/ui/lazy-part";
import { AccountTarget } from "./account-target";

/** Who is signed in, the language, and the way out: the page is shown before its menu is here. */
export const AccountMenu = lazyPart(
  async () => (await import("./account-menu")).AccountMenu,
  () => <AccountTarget disabled />,
);
