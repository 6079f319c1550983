import { Button } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { appVersion } from "@/shared/app-version";
import classes from "./shell.module.css";

/** Says that a newer version of the app is there. Whoever is busy leaves it; it is loaded when the app is opened again. */
export function NewVersion() {
  const { t } = useTranslation();
  const newer = useSyncExternalStore(appVersion.subscribe, appVersion.getSnapshot);
  return (
    <div role="status">
      {newer && (
        <div className={classes.version}>
          <span>{t("version.new")}</span>
          <Button
            size="compact-md"
            variant="default"
            onClick={() => void appVersion.load().catch(reportError)}
          >
            {t("version.load")}
          </Button>
        </div>
      )}
    </div>
  );
}
