import { ActionIcon, Button, Title } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight, IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { Hours, WorkedRun } from "@/shared/api/types";
import { clockTime, dayText, nearDayText, today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { BackLink } from "@/shared/ui/back-link";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows, StaleMark } from "@/shared/ui/view-states";
import { csvOf, download } from "./csv";
import classes from "./hours-page.module.css";
import { addMonths, mondayOf, monthText } from "./months";
import { myHoursQuery } from "./queries";

/** What one worked in a month, run by run, beside what was agreed. */
export function HoursPage({ month }: { month: string }) {
  const { t } = useTranslation();
  const hours = useQuery(myHoursQuery(month));
  const { online } = useNetwork();
  const name = monthText(month, currentLanguage());
  return (
    <div className={classes.page}>
      <PageTitle>{`${t("hours.title")} · ${name}`}</PageTitle>
      <BackLink to="/work">{t("hours.back")}</BackLink>
      <Title order={1}>{t("hours.title")}</Title>
      <nav className={classes.months} aria-label={name}>
        <MonthLink month={addMonths(month, -1)} label={t("hours.previous")}>
          <IconChevronLeft size={20} aria-hidden />
        </MonthLink>
        <h2 className={classes.month} aria-live="polite">
          {name}
        </h2>
        <MonthLink month={addMonths(month, 1)} label={t("hours.next")}>
          <IconChevronRight size={20} aria-hidden />
        </MonthLink>
      </nav>
      {!online && hours.data !== undefined && <StaleMark>{t("hours.saved_on_device")}</StaleMark>}
      {hours.isPending && <LoadingRows count={4} height={72} />}
      {hours.isError && hours.data === undefined && (
        <ErrorState error={hours.error} onRetry={() => hours.refetch()} />
      )}
      {hours.data !== undefined && <Month month={month} name={name} hours={hours.data} linked />}
    </div>
  );
}

type MonthLinkProps = { month: string; label: string; children: React.ReactNode };

function MonthLink({ month, label, children }: MonthLinkProps) {
  return (
    <ActionIcon
      size={44}
      aria-label={label}
      renderRoot={(props) => <Link to="/work/hours" search={{ month }} replace {...props} />}
    >
      {children}
    </ActionIcon>
  );
}

function durationText(t: TFunction, minutes: number): string {
  return t("hours.duration", {
    hours: Math.floor(minutes / 60),
    minutes: String(minutes % 60).padStart(2, "0"),
  });
}

type MonthProps = {
  month: string;
  name: string;
  hours: Hours;
  /** Whether a run leads to its page, which is that of its worker. */
  linked: boolean;
};

/** The sums of a month and its runs: today's, those to come, and those of before by week. */
export function Month({ month, name, hours, linked }: MonthProps) {
  const { t } = useTranslation();
  const runs = hours.runs.filter((run) => run.date.startsWith(month));
  if (runs.length === 0) {
    return (
      <EmptyState title={t("hours.empty_title", { month: name })} text={t("hours.empty_text")} />
    );
  }
  const now = today();
  const sum = (of: (run: WorkedRun) => number) => runs.reduce((all, run) => all + of(run), 0);
  // A run that goes past midnight is worked on today.
  const isToday = (run: WorkedRun) =>
    run.date === now || (run.date < now && run.status === "started");
  const onDay = runs.filter(isToday);
  const coming = runs.filter((run) => run.date > now);
  const past = runs.filter((run) => run.date < now && !isToday(run)).reverse();
  const weeks = [...new Set(past.map((run) => mondayOf(run.date)))];
  return (
    <>
      <dl className={classes.sums}>
        <div>
          <dt>{t("hours.worked")}</dt>
          <dd>
            {durationText(
              t,
              sum((run) => run.worked_minutes ?? 0),
            )}
          </dd>
        </div>
        <div>
          <dt>{t("hours.planned")}</dt>
          <dd>
            {durationText(
              t,
              sum((run) => run.agreed_minutes),
            )}
          </dd>
        </div>
        {hours.weekly_minutes > 0 && (
          <div>
            <dt>{t("hours.agreed")}</dt>
            <dd>{durationText(t, hours.weekly_minutes)}</dd>
          </div>
        )}
      </dl>
      <Runs title={t("hours.today")} runs={onDay} linked={linked} />
      <Runs title={t("hours.coming")} runs={coming} linked={linked} />
      {weeks.map((monday) => (
        <Runs
          key={monday}
          title={t("hours.week", { day: dayText(monday, currentLanguage()) })}
          sum={weekText(t, hours, monday)}
          linked={linked}
          runs={past.filter((run) => mondayOf(run.date) === monday)}
        />
      ))}
      <p className={classes.quiet}>{t("hours.rule")}</p>
      <div>
        <Button
          leftSection={<IconDownload size={18} aria-hidden />}
          onClick={() => download(`${month}.csv`, csvOf(rowsOf(t, runs)))}
        >
          {t("hours.csv")}
        </Button>
      </div>
    </>
  );
}

/** What was worked in a whole week, also in the days that lie in another month. */
function weekText(t: TFunction, hours: Hours, monday: string): string {
  const week = hours.weeks.find((one) => one.monday === monday);
  const worked = durationText(t, week?.worked_minutes ?? 0);
  return hours.weekly_minutes === 0
    ? worked
    : t("hours.week_of", { worked, agreed: durationText(t, hours.weekly_minutes) });
}

type RunsProps = {
  title: string;
  sum?: string;
  runs: readonly WorkedRun[];
  linked: boolean;
};

function Runs({ title, sum, runs, linked }: RunsProps) {
  if (runs.length === 0) {
    return null;
  }
  return (
    <section aria-label={title} className={classes.section}>
      <div className={classes.heading}>
        <h2 className={classes.title}>{title}</h2>
        {sum !== undefined && <span className={classes.sum}>{sum}</span>}
      </div>
      <ul className={classes.list}>
        {runs.map((run) => (
          <RunRow key={run.id} run={run} linked={linked} />
        ))}
      </ul>
    </section>
  );
}

function RunRow({ run, linked }: { run: WorkedRun; linked: boolean }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const agreed = durationText(t, run.agreed_minutes);
  const content = (
    <>
      <span className={classes.day}>{nearDayText(run.date, t, language)}</span>
      <span className={classes.tour}>{run.tour.name}</span>
      <span className={classes.quiet}>{timesText(t, run, language)}</span>
      <span className={classes.quiet}>
        {run.worked_minutes === null
          ? t("hours.row_planned", { agreed })
          : t("hours.row", { worked: durationText(t, run.worked_minutes), agreed })}
      </span>
    </>
  );
  return (
    <li>
      {linked ? (
        <Link to="/work/$runId" params={{ runId: run.id }} className={classes.row}>
          {content}
        </Link>
      ) : (
        <div className={classes.row}>{content}</div>
      )}
    </li>
  );
}

function timesText(t: TFunction, run: WorkedRun, language: string): string {
  if (run.started_at === null) {
    return t(`run_status.${run.status}`);
  }
  const from = clockTime(run.started_at, language);
  return run.completed_at === null
    ? t("hours.since", { time: from })
    : t("hours.from_to", { from, to: clockTime(run.completed_at, language) });
}

function rowsOf(t: TFunction, runs: readonly WorkedRun[]): string[][] {
  const language = currentLanguage();
  const head = [
    t("hours.col_date"),
    t("hours.col_tour"),
    t("hours.col_status"),
    t("hours.col_start"),
    t("hours.col_end"),
    t("hours.col_worked"),
    t("hours.col_agreed"),
  ];
  const time = (at: string | null) => (at === null ? "" : clockTime(at, language));
  return [
    head,
    ...runs.map((run) => [
      run.date,
      run.tour.name,
      t(`run_status.${run.status}`),
      time(run.started_at),
      time(run.completed_at),
      String(run.worked_minutes ?? ""),
      String(run.agreed_minutes),
    ]),
  ];
}
