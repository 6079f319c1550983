import { Link, useMatchRoute } from "@tanstack/react-router";
import { OutboxProvider } from "@/features/work/outbox/outbox-provider";
import { office, workers } from "@/shared/account/roles";
import { useMe } from "@/shared/account/use-me";
import { Brand } from "@/shared/ui/brand";
import { lazyPart } from "@/shared/ui/lazy-part";
import { AccountMenu } from "./lazy-account-menu";
import classes from "./shell.module.css";
import { Content, SkipLink, useIsWorking } from "./shell-content";
import { useSession } from "./use-session";

const OfficeShell = lazyPart(async () => (await import("./office-shell")).OfficeShell);

/** The frame of every page behind sign-in: the office gets a rail, the others and who is in a run a bar. */
export function Shell() {
  const { role } = useMe();
  // What waits on this device belongs to what a run shows.
  const working = useIsWorking();
  return (
    <OutboxProvider load={working ? "now" : workers.includes(role) ? "when kept" : "later"}>
      <Frame />
    </OutboxProvider>
  );
}

function Frame() {
  useSession();
  const working = useIsWorking();
  const { role } = useMe();
  // What hangs on a wall has nothing around it.
  const onWall = useMatchRoute()({ to: "/wall" }) !== false;
  if (onWall) {
    return <Content />;
  }
  return office.includes(role) && !working ? <OfficeShell /> : <BarShell />;
}

function BarShell() {
  // The working view has its own header; on a small phone every line counts.
  const working = useIsWorking();
  return (
    <div className={classes.plain}>
      <SkipLink />
      {!working && (
        <header className={classes.bar}>
          <Link to="/" className={classes.brand}>
            <Brand />
          </Link>
          <AccountMenu />
        </header>
      )}
      <Content />
    </div>
  );
}
