import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import tabs from "../ui/tabs.module.css";

/** The ways between the office's pages about collections. */
export const CollectionTabs = memo(function CollectionTabs() {
  const { t } = useTranslation();
  const entries = [
    ["/manage/collections", t("nav.collections")],
    ["/manage/collection-rules", t("nav.rules")],
    ["/manage/waste-kinds", t("nav.waste_kinds")],
  ] as const;
  return (
    <nav className={tabs.tabs} aria-label={t("nav.collection_tabs")}>
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
});
