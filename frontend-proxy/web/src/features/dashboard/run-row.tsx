import {
  IconClockExclamation,
  IconExclamationMark,
  IconMessage,
  IconPhone,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { DashboardRun } from "@/shared/api/types";
import { clockTime, shortDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { phoneText } from "@/shared/phone";
import openRows from "@/shared/ui/open-rows.module.css";
import { Picture } from "@/shared/ui/picture";
import { Segments } from "@/shared/ui/segments";
import classes from "./dashboard-page.module.css";
import { lateText } from "./late-text";
import { isLate } from "./live";

type RunRowProps = {
  run: DashboardRun;
  date: string;
  region: number | undefined;
  open: boolean;
};

/** A run of the day; the tour's name opens the panel. */
export function RunRow({ run, date, region, open }: RunRowProps) {
  const { t } = useTranslation();
  const worker = fullName(run.worker);
  const settled = run.progress.done + run.progress.skipped + run.progress.failed;
  return (
    <li
      className={`${openRows.row} ${classes.row}`}
      data-open={open || undefined}
      data-status={run.status}
    >
      <div className={classes.tour}>
        <Link
          to="/today"
          search={{ date, region, run: run.id }}
          className={`${openRows.link} ${classes.name}`}
          aria-label={t("today.open_run", { tour: run.tour.name, worker })}
          aria-expanded={open}
          data-row-link
        >
          {run.tour.name}
        </Link>
        <span className={classes.quiet}>
          {run.region.name}
          {run.date !== date &&
            ` · ${t("board.since", { day: shortDayText(run.date, currentLanguage()) })}`}
        </span>
      </div>
      <div className={classes.worker}>
        <span>{worker}</span>
        {run.worker.phone !== "" && (
          <a
            className={classes.phone}
            href={`tel:${run.worker.phone}`}
            aria-label={`${t("today.call", { name: worker })}, ${phoneText(run.worker.phone)}`}
          >
            <IconPhone size={16} aria-hidden />
            {phoneText(run.worker.phone)}
          </a>
        )}
      </div>
      <div className={classes.progress}>
        <Segments segments={run.progress.segments} />
        <span className={classes.fraction}>
          {settled} / {run.progress.stops}
        </span>
      </div>
      <div className={classes.photo}>
        {run.last_picture ? (
          <Picture picture={run.last_picture} alt={t("today.photo_of", { tour: run.tour.name })} />
        ) : (
          <span className={classes.noPhoto} aria-hidden />
        )}
      </div>
      <RunState run={run} />
    </li>
  );
}

function RunState({ run }: { run: DashboardRun }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  return (
    <div className={classes.state}>
      {isLate(run) && (
        <span className={classes.late}>
          <IconClockExclamation size={16} aria-hidden />
          {lateText(t, run)}
        </span>
      )}
      {run.progress.failed > 0 && (
        <span className={classes.failed}>
          <IconExclamationMark size={16} aria-hidden />
          {t("today.failed_count", { count: run.progress.failed })}
        </span>
      )}
      {run.remarks > 0 && (
        <span className={classes.remarks}>
          <IconMessage size={16} aria-hidden />
          {t("remark.count", { count: run.remarks })}
        </span>
      )}
      <span className={classes.quiet}>
        {run.status === "planned" &&
          !isLate(run) &&
          t(
            run.progress.stops === 0 && run.idle_stops > 0
              ? "today.nothing_to_do"
              : "today.not_started",
          )}
        {run.status === "started" &&
          run.started_at !== null &&
          t("today.started_at", { time: clockTime(run.started_at, language) })}
        {run.status === "completed" &&
          run.completed_at !== null &&
          t("today.completed_at", { time: clockTime(run.completed_at, language) })}
        {run.status === "cancelled" && t("run_status.cancelled")}
      </span>
    </div>
  );
}
