import { useTranslation } from "react-i18next";
import classes from "./bottom-sheet.module.css";

/**
 * Stands in for a sheet whose part of the app is on its way, with the dialog that it stands in: who tapped sees that it comes,
 * and need not tap again.
 */
export function ComingSheet({ opened = true }: { opened?: boolean }) {
  const { t } = useTranslation();
  return opened ? (
    <p role="status" className={classes.coming}>
      {t("app.loading")} …
    </p>
  ) : null;
}
