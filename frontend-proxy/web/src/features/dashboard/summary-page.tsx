import { ActionIcon, Button, Title } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconDownload,
  IconPrinter,
  IconSend,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName, streetLine } from "@/shared/address";
import type { DaySummary } from "@/shared/api/types";
import { addDays, clockTime, fullDayText, today } from "@/shared/dates";
import { download } from "@/shared/download";
import { currentLanguage } from "@/shared/i18n/i18n";
import { isIncidentKind } from "@/shared/incidents/words";
import { RegionFilter } from "@/shared/regions/region-filter";
import { BackLink } from "@/shared/ui/back-link";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { dayCsv } from "./day-csv";
import { lateText } from "./late-text";
import { share } from "./live";
import { daySummaryQuery } from "./queries";
import { SendSummaryDialog } from "./send-summary-dialog";
import classes from "./summary-page.module.css";

type SummaryPageProps = {
  date: string;
  region: number | undefined;
  onRegion: (region: number | undefined) => void;
};

/** What became of a day: to be read, printed or sent. */
export function SummaryPage({ date, region, onRegion }: SummaryPageProps) {
  const { t } = useTranslation();
  const [sending, setSending] = useState(false);
  const summary = useQuery(daySummaryQuery({ date, region }));
  const day = fullDayText(date, currentLanguage());
  const nothing = summary.data?.runs.length === 0 && summary.data.incidents.length === 0;
  return (
    <div className={`${listPage.page} ${classes.page}`}>
      <PageTitle>{t("summary.title", { day })}</PageTitle>
      <div className={classes.back}>
        <BackLink to="/today" search={{ date, region }}>
          {t("summary.back")}
        </BackLink>
      </div>
      <header className={listPage.header}>
        <div>
          <Title order={1}>{t("summary.title", { day })}</Title>
          {summary.data?.region && <p className={classes.region}>{summary.data.region.name}</p>}
        </div>
        <div className={`${listPage.headerActions} ${classes.tools}`}>
          <ActionIcon
            aria-label={t("today.previous_day")}
            renderRoot={(props) => (
              <Link to="/today/summary" search={{ date: addDays(date, -1), region }} {...props} />
            )}
          >
            <IconChevronLeft size={20} aria-hidden />
          </ActionIcon>
          {date < today() && (
            <ActionIcon
              aria-label={t("today.next_day")}
              renderRoot={(props) => (
                <Link to="/today/summary" search={{ date: addDays(date, 1), region }} {...props} />
              )}
            >
              <IconChevronRight size={20} aria-hidden />
            </ActionIcon>
          )}
          <Button
            leftSection={<IconDownload size={18} aria-hidden />}
            disabled={summary.data === undefined}
            onClick={() => {
              if (summary.data !== undefined) {
                download(
                  dayCsv(t, summary.data, currentLanguage()),
                  t("summary.csv.file", { date }),
                  "text/csv;charset=utf-8",
                );
              }
            }}
          >
            {t("summary.csv.download")}
          </Button>
          <Button
            leftSection={<IconPrinter size={18} aria-hidden />}
            disabled={summary.data === undefined}
            onClick={() => window.print()}
          >
            {t("summary.print")}
          </Button>
          <Button
            variant="signal"
            leftSection={<IconSend size={18} aria-hidden />}
            disabled={summary.data === undefined || date > today()}
            onClick={() => setSending(true)}
          >
            {t("summary.send")}
          </Button>
        </div>
      </header>
      <div className={classes.filter}>
        <RegionFilter region={region} onChange={onRegion} />
      </div>
      {summary.isPending && <LoadingRows count={6} height={48} />}
      {summary.isError && summary.data === undefined && (
        <ErrorState error={summary.error} onRetry={() => summary.refetch()} />
      )}
      {nothing && <EmptyState title={t("summary.empty_title")} text={t("summary.empty_text")} />}
      {summary.data !== undefined && !nothing && <Summary summary={summary.data} />}
      {sending && (
        <SendSummaryDialog date={date} region={region} onClose={() => setSending(false)} />
      )}
    </div>
  );
}

/** Hours and minutes: 3 u 20. */
function duration(t: TFunction, minutes: number): string {
  return t("summary.duration", {
    hours: Math.floor(minutes / 60),
    minutes: String(minutes % 60).padStart(2, "0"),
  });
}

function Summary({ summary }: { summary: DaySummary }) {
  const { t } = useTranslation();
  const { counts } = summary;
  const figures = [
    {
      label: t("board.runs_done"),
      value: share(counts.completed, counts.planned + counts.started + counts.completed),
    },
    { label: t("summary.worked"), value: duration(t, counts.worked_minutes) },
    { label: t("summary.agreed"), value: duration(t, counts.agreed_minutes) },
    { label: t("board.stops_done"), value: share(counts.stops_done, counts.stops) },
    { label: t("daymap.skipped"), value: counts.stops_skipped },
    { label: t("daymap.failed"), value: counts.stops_failed },
    { label: t("today.late"), value: counts.late },
    { label: t("board.remarks"), value: counts.remarks },
    { label: t("summary.incidents"), value: counts.incidents },
  ];
  return (
    <>
      <dl className={classes.figures}>
        {figures.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Runs runs={summary.runs} />
      <Part title={t("summary.not_done")} count={counts.stops_skipped + counts.stops_failed}>
        {summary.stops_not_done.map((stop) => (
          <Line
            key={`${stop.run_id} ${stop.building.id}`}
            at={stop.at}
            what={`${streetLine(stop.building.address, t)} · ${stop.tour_name}`}
            text={`${t(stop.outcome === "failed" ? "daymap.failed" : "daymap.skipped")}: ${stop.reason}`}
          />
        ))}
      </Part>
      <Part title={t("board.remarks")} count={counts.remarks}>
        {summary.remarks.map((remark) => (
          <Line
            key={`${remark.run_id} ${remark.at} ${remark.text}`}
            at={remark.at}
            what={`${streetLine(remark.building.address, t)} · ${remark.tour_name}`}
            text={
              remark.photos === 0
                ? remark.text
                : `${remark.text} · ${t("feed.photos", { count: remark.photos })}`
            }
          />
        ))}
      </Part>
      <Part title={t("summary.incidents")} count={counts.incidents}>
        {summary.incidents.map((incident) => (
          <Line
            key={incident.id}
            at={incident.at}
            what={streetLine(incident.building.address, t)}
            text={`${
              isIncidentKind(incident.kind) ? t(`incidents.kinds.${incident.kind}`) : incident.kind
            }: ${incident.text}`}
          />
        ))}
      </Part>
    </>
  );
}

function Runs({ runs }: { runs: DaySummary["runs"] }) {
  const { t } = useTranslation();
  return (
    <section>
      <Title order={2} className={classes.heading}>
        {t("summary.runs")}
      </Title>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls by keys */}
      <section className={classes.scroll} tabIndex={0} aria-label={t("summary.runs")}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("today.tour")}</th>
              <th scope="col">{t("today.worker")}</th>
              <th scope="col">{t("today.state")}</th>
              <th scope="col" data-number>
                {t("summary.stops")}
              </th>
              <th scope="col" data-number>
                {t("summary.worked")}
              </th>
              <th scope="col" data-number>
                {t("summary.agreed")}
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => {
              const late = lateText(t, run);
              return (
                <tr key={run.id}>
                  <th scope="row">{run.tour.name}</th>
                  <td>{fullName(run.worker)}</td>
                  <td>
                    {t(`run_status.${run.status}`)}
                    {run.cancel_reason !== "" && `: ${run.cancel_reason}`}
                    {late !== "" && <span className={classes.late}> · {late}</span>}
                  </td>
                  <td data-number data-label={t("summary.stops")}>
                    {share(run.stops_done, run.stops)}
                  </td>
                  <td data-number data-label={t("summary.worked")}>
                    {run.worked_minutes === null ? "–" : duration(t, run.worked_minutes)}
                  </td>
                  <td data-number data-label={t("summary.agreed")}>
                    {duration(t, run.agreed_minutes)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </section>
  );
}

type PartProps = { title: string; count: number; children: ReactNode[] };

/** A list of the summary; none when there is nothing in it. */
function Part({ title, count, children }: PartProps) {
  const { t } = useTranslation();
  if (children.length === 0) {
    return null;
  }
  return (
    <section>
      <Title order={2} className={classes.heading}>
        {title}
      </Title>
      <ul className={classes.lines}>{children}</ul>
      {count > children.length && (
        <p className={classes.region}>{t("summary.more", { count: count - children.length })}</p>
      )}
    </section>
  );
}

type LineProps = { at: string; what: string; text: string };

function Line({ at, what, text }: LineProps) {
  return (
    <li>
      <time dateTime={at}>{clockTime(at, currentLanguage())}</time>
      <span className={classes.what}>{what}</span>
      <span className={classes.text}>{text}</span>
    </li>
  );
}
