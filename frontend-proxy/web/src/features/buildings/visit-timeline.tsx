import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { BuildingVisit } from "@/shared/api/types";
import { fullDayText, nearDayText } from "@/shared/dates";
import { useDownload } from "@/shared/files";
import { currentLanguage } from "@/shared/i18n/i18n";
import { segmentOf, VisitProof } from "@/shared/runs/visit-proof";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { type Period, visitsQuery } from "./queries";
import sections from "./sections.module.css";
import classes from "./visit-timeline.module.css";

// The calendar is large, and not what the page is opened for.
const DateField = lazy(async () => ({
  default: (await import("@/shared/ui/date-field")).DateField,
}));

type VisitTimelineProps = {
  buildingId: number;
  /** The address, for what the photos show. */
  address: string;
  period: Period;
  onPeriod: (period: Period) => void;
};

/** What happened at a building, day by day, the latest first. */
export function VisitTimeline({ buildingId, address, period, onPeriod }: VisitTimelineProps) {
  const { t } = useTranslation();
  const visits = useInfiniteQuery(visitsQuery(buildingId, period));
  const items = visits.data;
  const filtered = period.from !== undefined || period.to !== undefined;
  return (
    <section aria-labelledby="visits" className={sections.section}>
      <h2 id="visits" className={sections.title}>
        {t("visits.title")}
      </h2>
      <search className={classes.filters}>
        <Suspense fallback={<span className={classes.filterSpace} />}>
          <DateField
            label={t("visits.from")}
            placeholder={t("visits.any_day")}
            clearable
            value={period.from ?? null}
            onChange={(from) => onPeriod({ ...period, from: from ?? undefined })}
          />
          <DateField
            label={t("visits.to")}
            placeholder={t("visits.any_day")}
            clearable
            value={period.to ?? null}
            onChange={(to) => onPeriod({ ...period, to: to ?? undefined })}
          />
        </Suspense>
        {filtered && <Button onClick={() => onPeriod({})}>{t("visits.all")}</Button>}
      </search>
      {visits.isPending && <LoadingRows count={3} height={180} />}
      {visits.isError && items === undefined && (
        <ErrorState error={visits.error} onRetry={() => visits.refetch()} />
      )}
      {items?.length === 0 && (
        <p className={sections.quiet}>{filtered ? t("visits.none") : t("visits.empty")}</p>
      )}
      {items !== undefined && items.length > 0 && (
        <ol className={classes.days} aria-labelledby="visits">
          {items.map((item) => (
            <Visit key={item.visit.run_id} item={item} buildingId={buildingId} address={address} />
          ))}
        </ol>
      )}
      {visits.hasNextPage && (
        <div>
          <Button loading={visits.isFetchingNextPage} onClick={() => visits.fetchNextPage()}>
            {t("visits.more")}
          </Button>
        </div>
      )}
    </section>
  );
}

type VisitProps = { item: BuildingVisit; buildingId: number; address: string };

function Visit({ item, buildingId, address }: VisitProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const { visit, tour, worker } = item;
  const state = segmentOf(visit);
  const day = nearDayText(item.date, t, language);
  const photos = useDownload(`/buildings/${buildingId}/visit-photos?date=${item.date}`);
  return (
    <li className={classes.visit}>
      <div className={classes.heading}>
        <h3 className={classes.day}>
          <time dateTime={item.date} title={fullDayText(item.date, language)}>
            {day}
          </time>
        </h3>
        <span className={classes.state} data-state={state}>
          {t(`segment.${state}`)}
        </span>
      </div>
      {tour !== null && worker !== null && (
        <Link
          to="/today"
          search={{ date: item.date, run: visit.run_id }}
          className={classes.run ?? ""}
        >
          {tour.name}, {fullName(worker)}
        </Link>
      )}
      <VisitProof visit={visit} building={address} day={day} />
      {visit.pictures.length > 1 && (
        <a className={classes.download} {...photos}>
          <IconDownload size={18} aria-hidden />
          {t("visits.download", { day })}
        </a>
      )}
    </li>
  );
}
