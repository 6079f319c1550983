import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { IncidentDetail, IncidentEntry } from "../api/types";
import classes from "./history.module.css";
import { momentText, reporterText } from "./texts";
import { isIncidentKind } from "./words";

type HistoryProps = {
  detail: IncidentDetail;
  /** Whether it says what the syndic reads: for the office. */
  marked?: boolean;
};

/** What became of an incident, from the report on. */
export function IncidentHistory({ detail: { incident, entries }, marked = false }: HistoryProps) {
  const { t } = useTranslation();
  return (
    <ol className={classes.entries}>
      <li className={classes.entry}>
        <strong>{t("incidents.entry.opened")}</strong>
        <span className={classes.quiet}>
          {t("incidents.by", {
            name: reporterText(t, incident),
            when: momentText(t, incident.occurred_at),
          })}
        </span>
      </li>
      {entries.map((entry) => (
        <li key={entry.id} className={classes.entry}>
          <strong>{entryText(t, entry)}</strong>
          {entry.text !== "" && <p className={classes.text}>{entry.text}</p>}
          <span className={classes.quiet}>
            {entry.written_by === null
              ? momentText(t, entry.written_at)
              : t("incidents.by", {
                  name: entry.written_by.name || `#${entry.written_by.id}`,
                  when: momentText(t, entry.written_at),
                })}
            {marked &&
              entry.entry === "comment" &&
              entry.for_syndics &&
              ` · ${t("incidents.for_syndics_mark")}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

function entryText(t: TFunction, { entry, responsible, kind }: IncidentEntry): string {
  switch (entry) {
    case "assigned":
      return responsible === null
        ? t("incidents.entry.unassigned")
        : t("incidents.entry.assigned", { name: responsible.name || `#${responsible.id}` });
    case "kind_changed":
      return t("incidents.entry.kind_changed", {
        kind: isIncidentKind(kind) ? t(`incidents.kinds.${kind}`) : kind,
      });
    default:
      return t(`incidents.entry.${entry}`);
  }
}
