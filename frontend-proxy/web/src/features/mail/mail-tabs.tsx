import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import tabs from "@/shared/ui/tabs.module.css";

/** The ways between the pages about mail. */
export function MailTabs() {
  const { t } = useTranslation();
  const entries = [
    ["/manage/mail", t("mail.tab_log")],
    ["/manage/mail/write", t("mail.tab_write")],
    ["/manage/mail/templates", t("mail.tab_templates")],
  ] as const;
  return (
    <nav className={tabs.tabs} aria-label={t("mail.tabs")}>
      {entries.map(([to, label]) => (
        <Link
          key={to}
          to={to}
          className={tabs.tab ?? ""}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
