import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { PageTitle } from "@/shared/ui/page-title";
import classes from "./message-pages.module.css";

/** The server has never been reached from this device, so there is nothing to show. */
export function StartFailed() {
  const { t } = useTranslation();
  return (
    <main className={classes.message}>
      <PageTitle>{t("page.load_failed")}</PageTitle>
      <h1>{t("page.load_failed")}</h1>
      <p>{t("errors.code.network")}</p>
      <Button onClick={() => window.location.reload()}>{t("app.retry")}</Button>
    </main>
  );
}
