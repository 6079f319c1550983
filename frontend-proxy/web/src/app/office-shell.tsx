import { Link, useMatchRoute, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useShortcut } from "@/shared/shortcuts";
import { Brand } from "@/shared/ui/brand";
import { lazyPart } from "@/shared/ui/lazy-part";
import { AccountMenu } from "./lazy-account-menu";
import { entries, OpenIncidents } from "./office-entries";
import { MoreTarget } from "./office-more-target";
import classes from "./shell.module.css";
import { Content, SkipLink } from "./shell-content";

const More = lazyPart(
  async () => (await import("./office-more")).More,
  () => <MoreTarget disabled />,
);
const ShortcutsDialog = lazyPart(async () => (await import("./shortcuts-dialog")).ShortcutsDialog);

/** The frame of the office: a rail with every page of it. */
export function OfficeShell() {
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
