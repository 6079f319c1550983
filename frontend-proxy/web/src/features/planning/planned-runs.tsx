import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { queryKeys } from "@/shared/api/query-keys";
import { nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useChannels } from "@/shared/realtime/live-context";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./plan-page.module.css";
import { plannedRunsQuery } from "./queries";

/** What the day holds already, so that nobody plans blindly. */
export function PlannedRuns({ date }: { date: string }) {
  const { t } = useTranslation();
  const runs = useQuery(plannedRunsQuery(date));
  const queryClient = useQueryClient();
  const refetch = () => void queryClient.invalidateQueries({ queryKey: queryKeys.plannedRuns() });
  useChannels(["runs"], { onEvent: refetch, onGap: refetch });
  const day = nearDayText(date, t, currentLanguage());
  const title = t("plan.on_day", { date: day });
  return (
    <section className={classes.planned} aria-label={title}>
      <h2 className={classes.plannedTitle}>{title}</h2>
      {runs.isPending && <LoadingRows count={3} height={44} />}
      {runs.isError && runs.data === undefined && (
        <ErrorState error={runs.error} onRetry={() => runs.refetch()} />
      )}
      {runs.data?.length === 0 && (
        <p className={classes.quiet}>{t("plan.on_day_empty", { date: day })}</p>
      )}
      {runs.data !== undefined && runs.data.length > 0 && (
        <ul className={classes.list}>
          {runs.data.map((run) => (
            <li key={run.id}>
              <span className={classes.tour}>{run.tour.name}</span>
              <span>{fullName(run.worker)}</span>
              <span className={classes.quiet}>{t(`run_status.${run.status}`)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
