import { Menu, UnstyledButton, VisuallyHidden } from "@mantine/core";
import {
  IconArrowsExchange,
  IconBuilding,
  IconCalendarEvent,
  IconCalendarPlus,
  IconDots,
  IconHistory,
  IconLayoutList,
  IconMail,
  IconMap2,
  IconMessageReport,
  IconRoute,
  IconUsers,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useMatchRoute, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { OutboxProvider } from "@/features/work/outbox/outbox-provider";
import { office } from "@/shared/account/roles";
import { useMe } from "@/shared/account/use-me";
import { incidentCountsQuery, useIncidentEvents } from "@/shared/incidents/incident-queries";
import { useShortcut } from "@/shared/shortcuts";
import { Brand } from "@/shared/ui/brand";
import { AccountMenu } from "./account-menu";
import { NewVersion } from "./new-version";
import { useSearchLeftOut } from "./search-params";
import classes from "./shell.module.css";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { useSession } from "./use-session";

/** The frame of every page behind sign-in: the office gets a rail, the others and who is in a run a bar. */
export function Shell() {
  return (
    <OutboxProvider>
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

// A phone has no room for the wide ones: it shows them in a menu.
const entries = [
  { to: "/today", label: "nav.today", Icon: IconLayoutList },
  { to: "/plan", label: "nav.plan", Icon: IconCalendarPlus },
  { to: "/manage/swaps", label: "nav.swaps", Icon: IconArrowsExchange, wide: true },
  { to: "/manage/collections", label: "nav.collections", Icon: IconCalendarEvent, wide: true },
  { to: "/manage/tours", label: "nav.tours", Icon: IconRoute },
  { to: "/manage/buildings", label: "nav.buildings", Icon: IconBuilding },
  { to: "/manage/incidents", label: "nav.incidents", Icon: IconMessageReport, wide: true },
  { to: "/people", label: "nav.people", Icon: IconUsers, wide: true },
  { to: "/manage/regions", label: "nav.regions", Icon: IconMap2, wide: true },
  { to: "/manage/mail", label: "nav.mail", Icon: IconMail, wide: true },
  { to: "/manage/audit", label: "nav.audit", Icon: IconHistory, wide: true },
] as const satisfies readonly {
  to: string;
  label: string;
  Icon: typeof IconUsers;
  wide?: true;
}[];

/** True in a run on the phone, whoever does it. */
function useIsWorking(): boolean {
  const match = useMatchRoute()({ to: "/work/$runId" });
  return match !== false && Number(match.runId) > 0;
}

function OfficeShell() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  // Where something else is made, the page has the key.
  const match = useMatchRoute();
  const elsewhere =
    match({ to: "/plan" }) !== false ||
    match({ to: "/manage/collections" }) !== false ||
    match({ to: "/manage/incidents" }) !== false;
  useShortcut("n", elsewhere ? undefined : () => void navigate({ to: "/plan" }));
  useShortcut("?", () => setHelp(true));
  return (
    <div className={classes.office}>
      <SkipLink />
      <header className={classes.rail}>
        <Link to="/" className={classes.brand}>
          <Brand />
        </Link>
        <nav className={classes.nav} aria-label={t("app.navigation")}>
          {entries.map(({ to, label, Icon, ...entry }) => (
            <Link
              key={to}
              to={to}
              className={classes.entry}
              data-wide={"wide" in entry || undefined}
            >
              <Icon size={20} stroke={1.75} aria-hidden />
              {t(label)}
              {to === "/manage/incidents" && <OpenIncidents />}
            </Link>
          ))}
          <More />
        </nav>
        <AccountMenu onShortcuts={() => setHelp(true)} />
      </header>
      <Content />
      {help && <ShortcutsDialog onClose={() => setHelp(false)} />}
    </div>
  );
}

/** The entries that a phone has no room for. */
function More() {
  const { t } = useTranslation();
  return (
    <Menu position="top-end" width={240} shadow="none" withinPortal>
      <Menu.Target>
        <UnstyledButton className={classes.entry} data-narrow>
          <IconDots size={20} stroke={1.75} aria-hidden />
          {t("nav.more")}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map(
          ({ to, label, Icon, ...entry }) =>
            "wide" in entry && (
              <Menu.Item
                key={to}
                className={classes.item}
                leftSection={<Icon size={20} stroke={1.75} aria-hidden />}
                {...(to === "/manage/incidents" ? { rightSection: <OpenIncidents /> } : {})}
                renderRoot={(props) => <Link to={to} {...props} />}
              >
                {t(label)}
              </Menu.Item>
            ),
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

/** How many incidents nobody has taken up yet, as it is now. */
function OpenIncidents() {
  const { t } = useTranslation();
  useIncidentEvents();
  const count = useQuery(incidentCountsQuery).data?.open ?? 0;
  return (
    count > 0 && (
      <span className={classes.count}>
        <span aria-hidden>{count}</span>
        <VisuallyHidden>{t("nav.open_incidents", { count })}</VisuallyHidden>
      </span>
    )
  );
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

function Content() {
  const { t } = useTranslation();
  useFocusOnNewPage();
  return (
    <main id="content" tabIndex={-1} className={classes.content}>
      {/* A run is not disturbed. */}
      {!useIsWorking() && <NewVersion />}
      {useSearchLeftOut() && (
        <p role="status" className={classes.leftOut}>
          {t("page.address_left_out")}
        </p>
      )}
      <Outlet />
    </main>
  );
}

// The link that was followed is often gone with its page.
function useFocusOnNewPage() {
  const path = useLocation({ select: (location) => location.pathname });
  useEffect(() => {
    if (path !== "" && document.activeElement === document.body) {
      document.getElementById("content")?.focus({ preventScroll: true });
    }
  }, [path]);
}

function SkipLink() {
  const { t } = useTranslation();
  return (
    <a href="#content" className={classes.skip}>
      {t("app.skip_to_content")}
    </a>
  );
}
