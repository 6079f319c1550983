import { Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ComponentType, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Account } from "@/shared/api/types";
import { PageTitle } from "@/shared/ui/page-title";
import tabs from "@/shared/ui/tabs.module.css";
import { CalendarsTab } from "./calendars-tab";
import { DetailsTab } from "./details-tab";
import classes from "./profile-page.module.css";
import { SecurityTab } from "./security-tab";
import { SessionsTab } from "./sessions-tab";
import { type ProfileTab, profileTabs } from "./tabs";
import { TokensTab } from "./tokens-tab";

type ProfilePageProps = {
  me: Account;
  tab: ProfileTab;
  /** Which mail one gets. */
  mail: ReactNode;
  /** When one can work; undefined for those who do no runs. */
  availability: ReactNode;
};

const panels: Record<
  Exclude<ProfileTab, "mail" | "availability">,
  ComponentType<{ me: Account }>
> = {
  me: DetailsTab,
  security: SecurityTab,
  sessions: SessionsTab,
  calendars: CalendarsTab,
  tokens: TokensTab,
};

/** One's own account: who one is, how one signs in, and where. */
export function ProfilePage({ me, tab: wanted, mail, availability }: ProfilePageProps) {
  const { t } = useTranslation();
  const shown = profileTabs.filter((name) => name !== "availability" || availability !== undefined);
  const tab = shown.includes(wanted) ? wanted : "me";
  return (
    <div className={classes.page}>
      <PageTitle>{`${t(`profile.tab_${tab}`)} · ${t("profile.title")}`}</PageTitle>
      <Title order={1}>{t("profile.title")}</Title>
      <nav className={tabs.tabs} aria-label={t("profile.tabs")}>
        {shown.map((name) => (
          <Link
            key={name}
            to="/profile"
            search={name === "me" ? {} : { tab: name }}
            className={tabs.tab ?? ""}
            activeOptions={{ exact: true }}
            aria-current={name === tab ? "page" : undefined}
          >
            {t(`profile.tab_${name}`)}
          </Link>
        ))}
      </nav>
      {tab === "mail" && mail}
      {tab === "availability" && availability}
      {tab !== "mail" && tab !== "availability" && <Panel me={me} tab={tab} />}
    </div>
  );
}

type PanelProps = { me: Account; tab: keyof typeof panels };

function Panel({ me, tab }: PanelProps) {
  const Content = panels[tab];
  return <Content me={me} />;
}
