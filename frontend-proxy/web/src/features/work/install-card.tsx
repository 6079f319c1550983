import { Button, Group } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { installation } from "./installation";
import classes from "./my-runs-page.module.css";

/** Offers to put the app on the home screen, where it opens without network. */
export function InstallCard() {
  const { t } = useTranslation();
  const way = useSyncExternalStore(installation.subscribe, installation.getSnapshot);
  if (way === undefined) {
    return null;
  }
  return (
    <section aria-label={t("install.title")} className={classes.today}>
      <h2 className={classes.tour}>{t("install.title")}</h2>
      <p className={classes.quiet}>{t(way === "prompt" ? "install.text" : "install.by_hand")}</p>
      <Group gap="xs">
        {way === "prompt" && (
          <Button onClick={() => void installation.install()}>{t("install.install")}</Button>
        )}
        <Button variant="subtle" onClick={() => installation.leave()}>
          {t("install.later")}
        </Button>
      </Group>
    </section>
  );
}
