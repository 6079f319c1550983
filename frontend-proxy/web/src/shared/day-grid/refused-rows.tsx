import { useTranslation } from "react-i18next";
import { storedErrorText } from "../i18n/error-text";
import classes from "./refused-rows.module.css";

export type RefusedPlace = { key: string; text: string; reason: string };

const most = 5;

/** What stands in the way, row by row; the first of them. */
export function RefusedRows({ rows }: { rows: readonly RefusedPlace[] }) {
  const { t } = useTranslation();
  return (
    <ul className={classes.rows}>
      {rows.slice(0, most).map(({ key, text, reason }) => (
        <li key={key}>
          {text}: {storedErrorText(t, "", reason)}
        </li>
      ))}
      {rows.length > most && <li>{t("grid.and_more", { count: rows.length - most })}</li>}
    </ul>
  );
}
