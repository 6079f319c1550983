import { useEffect, useState } from "react";
import { lazyPart } from "@/shared/ui/lazy-part";
import { whenIdle } from "@/shared/when-idle";
import { AccountTarget } from "./account-target";

type AccountMenuProps = {
  /** Shows what the keys do; where there are keys. */
  onShortcuts?: () => void;
};

const Menu = lazyPart<AccountMenuProps>(
  async () => (await import("./account-menu")).AccountMenu,
  () => <AccountTarget disabled />,
);

/** Who is signed in, the language, and the way out: the page is shown before its menu is here. */
export function AccountMenu(props: AccountMenuProps) {
  const [idle, setIdle] = useState(false);
  useEffect(() => whenIdle(() => setIdle(true)), []);
  return idle ? <Menu {...props} /> : <AccountTarget disabled />;
}
