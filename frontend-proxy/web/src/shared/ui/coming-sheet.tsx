import { CloseButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./bottom-sheet.module.css";

type ComingSheetProps = { opened?: boolean; onClose: () => void };

/**
 * Stands in for a sheet whose part of the app is on its way, with the dialog that it stands in: who tapped sees that it comes,
 * need not tap again, and may go on without.
 */
export function ComingSheet({ opened = true, onClose }: ComingSheetProps) {
  const { t } = useTranslation();
  return opened ? (
    <div className={classes.coming}>
      <p role="status">{t("app.loading")} …</p>
      <CloseButton size={44} aria-label={t("app.close")} onClick={onClose} />
    </div>
  ) : null;
}
