import { Button, Title } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Run } from "@/shared/api/types";
import { nearDayText, today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { PageTitle } from "@/shared/ui/page-title";
import { Segments } from "@/shared/ui/segments";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./my-runs-page.module.css";
import { OutboxBadge } from "./outbox/outbox-badge";
import { myRunsQuery } from "./queries";

/** The worker's runs, today's first. */
export function MyRunsPage() {
  const { t } = useTranslation();
  const runs = useQuery(myRunsQuery);
  return (
    <div className={classes.page}>
      <PageTitle>{t("runs.title")}</PageTitle>
      <div className={classes.heading}>
        <Title order={1}>{t("runs.title")}</Title>
        <OutboxBadge />
      </div>
      {runs.isPending && <LoadingRows count={3} height={132} />}
      {runs.isError && runs.data === undefined && (
        <ErrorState error={runs.error} onRetry={() => runs.refetch()} />
      )}
      {runs.data?.length === 0 && (
        <EmptyState title={t("runs.empty_title")} text={t("runs.empty_text")} />
      )}
      {runs.data !== undefined && runs.data.length > 0 && <RunSections runs={runs.data} />}
    </div>
  );
}

function RunSections({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  const now = today();
  const onDay = runs.filter((run) => run.date === now);
  const upcoming = runs
    .filter((run) => run.date > now)
    .sort((a, b) => a.date.localeCompare(b.date));
  const past = runs.filter((run) => run.date < now).sort((a, b) => b.date.localeCompare(a.date));
  const next =
    onDay.find((run) => run.status === "started") ?? onDay.find((run) => run.status === "planned");
  return (
    <>
      <section aria-label={t("runs.today")} className={classes.section}>
        <h2 className={classes.sectionTitle}>{t("runs.today")}</h2>
        {onDay.length === 0 && <p className={classes.quiet}>{t("runs.none_today")}</p>}
        {onDay.map((run) => (
          <TodayRun key={run.id} run={run} next={run === next} />
        ))}
      </section>
      <RunSection title={t("runs.upcoming")} runs={upcoming} />
      <RunSection title={t("runs.past")} runs={past} />
    </>
  );
}

function TodayRun({ run, next }: { run: Run; next: boolean }) {
  const { t } = useTranslation();
  const action =
    run.status === "planned"
      ? t("run.start")
      : run.status === "started"
        ? t("runs.continue")
        : t("runs.open");
  return (
    <article className={classes.today} aria-label={run.tour.name}>
      <div className={classes.top}>
        <h3 className={classes.tour}>{run.tour.name}</h3>
        <span className={classes.quiet}>{t(`run_status.${run.status}`)}</span>
      </div>
      <p className={classes.quiet}>
        {run.region.name} · {t("runs.stops", { count: run.progress.stops })} ·{" "}
        {t("runs.agreed", { count: run.agreed_minutes })}
      </p>
      {run.status === "cancelled" && run.cancel_reason !== "" && (
        <p className={classes.quiet}>
          {t("runs.cancelled_because", { reason: run.cancel_reason })}
        </p>
      )}
      {run.status !== "planned" && run.status !== "cancelled" && (
        <Segments segments={run.progress.segments} />
      )}
      {run.status !== "cancelled" && (
        <Button
          size="lg"
          fullWidth
          className={classes.action}
          {...(next ? { variant: "signal" } : {})}
          aria-label={`${action}: ${run.tour.name}`}
          renderRoot={(props) => <Link to="/work/$runId" params={{ runId: run.id }} {...props} />}
        >
          {action}
        </Button>
      )}
    </article>
  );
}

function RunSection({ title, runs }: { title: string; runs: Run[] }) {
  const { t } = useTranslation();
  if (runs.length === 0) {
    return null;
  }
  return (
    <section aria-label={title} className={classes.section}>
      <h2 className={classes.sectionTitle}>{title}</h2>
      <ul className={classes.list}>
        {runs.map((run) => (
          <li key={run.id}>
            <Link to="/work/$runId" params={{ runId: run.id }} className={classes.row}>
              <span className={classes.day}>{nearDayText(run.date, t, currentLanguage())}</span>
              <span className={classes.rowTour}>{run.tour.name}</span>
              <span className={classes.quiet}>
                {run.status === "planned"
                  ? t("runs.stops", { count: run.progress.stops })
                  : t(`run_status.${run.status}`)}
              </span>
              <IconChevronRight size={18} aria-hidden />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
