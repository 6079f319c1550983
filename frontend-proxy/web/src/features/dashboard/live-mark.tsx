import { useTranslation } from "react-i18next";
import { clockTime } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useLiveStatus, useStatusChangedAt } from "@/shared/realtime/live-context";
import { StaleMark } from "@/shared/ui/view-states";
import classes from "./dashboard-page.module.css";

type Loaded = { failed: boolean; loadedAt: number };

/** Since when what is shown may be out of date; undefined while it is as it is now. */
export function useStaleSince({ failed, loadedAt }: Loaded): Date | undefined {
  const status = useLiveStatus();
  const since = useStatusChangedAt();
  if (failed) {
    return new Date(loadedAt);
  }
  return status === "offline" || status === "ended" ? new Date(since) : undefined;
}

/** Whether the page shows what happens now: the connection stands, and the server answered when it was last asked. */
export function LiveMark(loaded: Loaded) {
  const { t } = useTranslation();
  const status = useLiveStatus();
  const stale = useStaleSince(loaded);
  if (stale !== undefined) {
    return <StaleMark>{t("app.stale", { time: clockTime(stale, currentLanguage()) })}</StaleMark>;
  }
  return (
    <span className={classes.live} data-live={status === "live" || undefined}>
      {status === "live" ? t("today.live") : t("today.connecting")}
    </span>
  );
}
