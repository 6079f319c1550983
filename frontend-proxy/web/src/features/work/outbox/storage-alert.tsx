import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { FormError } from "@/shared/ui/form-error";
import classes from "./outbox.module.css";
import { useOutboxSnapshot } from "./outbox-context";

/** Says that this device does not keep what is done, and what helps. */
export function StorageAlert() {
  const { t } = useTranslation();
  const { storageProblem } = useOutboxSnapshot();
  if (storageProblem === undefined) {
    return null;
  }
  return (
    <div className={classes.alert}>
      <FormError>{t(`device.storage_${storageProblem}`)}</FormError>
      {storageProblem === "closed" && (
        <Button onClick={() => window.location.reload()}>{t("app.reload_page")}</Button>
      )}
    </div>
  );
}
