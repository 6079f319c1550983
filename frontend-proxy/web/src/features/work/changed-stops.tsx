import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { StopsChange } from "@/shared/api/types";
import { nearMomentText } from "@/shared/dates";
import { errorText } from "@/shared/i18n/error-text";
import { currentLanguage } from "@/shared/i18n/i18n";
import { StopChanges } from "@/shared/runs/stop-changes";
import { FormError } from "@/shared/ui/form-error";
import classes from "./changed-stops.module.css";
import { useSeeStops } from "./queries";

type ChangedStopsProps = { runId: number; change: StopsChange };

/** What the office has changed about the stops of a planned run, until its worker says that they have seen it. */
export function ChangedStops({ runId, change }: ChangedStopsProps) {
  const { t } = useTranslation();
  const see = useSeeStops(runId);
  return (
    <section className={classes.changed} aria-labelledby="changed-stops">
      <div role="status">
        <h2 id="changed-stops" className={classes.title}>
          <IconAlertTriangle size={20} aria-hidden />
          {t("stop_change.for_worker")}
        </h2>
      </div>
      <p className={classes.quiet}>
        {t("stop_change.for_worker_when", {
          time: nearMomentText(change.changed_at, t, currentLanguage()),
        })}
      </p>
      <StopChanges changes={change.changes} />
      {see.isError && <FormError>{errorText(t, see.error)}</FormError>}
      <Button
        className={classes.action}
        loading={see.isPending}
        onClick={() => see.mutate(change.version)}
      >
        {t("stop_change.seen")}
      </Button>
    </section>
  );
}
