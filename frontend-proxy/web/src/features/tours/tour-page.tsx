import { Button, Title } from "@mantine/core";
import { IconArchive, IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { TourDetail } from "@/shared/api/types";
import { CalendarButton } from "@/shared/calendars/calendar-button";
import { problemText } from "@/shared/refusals";
import { BackLink } from "@/shared/ui/back-link";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { FormError } from "@/shared/ui/form-error";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { useCollectionEvents } from "@/shared/waste/use-collection-events";
import { tourQuery, useArchiveTour, useUnarchiveTour } from "./queries";
import { StopsEditor } from "./stops-editor";
import { TourDialog } from "./tour-dialog";
import classes from "./tour-page.module.css";
import { TourRhythm } from "./tour-rhythm";
import { TourVersions } from "./tour-versions";

type TourPageProps = {
  id: number;
  /** The day whose collections are shown. */
  day: string;
  onDay: (day: string) => void;
};

/** One tour: its facts, and its stops in order. */
export function TourPage({ id, day, onDay }: TourPageProps) {
  const { t } = useTranslation();
  const tour = useQuery(tourQuery(id));
  return (
    <div className={classes.page}>
      <PageTitle>{tour.data?.name ?? t("tours.title")}</PageTitle>
      <BackLink to="/manage/tours">{t("tours.title")}</BackLink>
      {tour.isPending && <LoadingRows count={6} height={60} />}
      {tour.isError && tour.data === undefined && (
        <ErrorState error={tour.error} onRetry={() => tour.refetch()} />
      )}
      {tour.data !== undefined && (
        <Tour tour={tour.data} day={day} onDay={onDay} onRefresh={() => void tour.refetch()} />
      )}
    </div>
  );
}

type TourProps = Omit<TourPageProps, "id"> & { tour: TourDetail; onRefresh: () => void };

function Tour({ tour, day, onDay, onRefresh }: TourProps) {
  useCollectionEvents();
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<"edit" | "archive">();
  const [saved, setSaved] = useState(false);
  const close = () => setDialog(undefined);
  const archive = useArchiveTour(tour.id);
  const unarchive = useUnarchiveTour(tour.id);
  return (
    <>
      <header className={listPage.header}>
        <div className={classes.heading}>
          <Title order={1}>{tour.name}</Title>
          <p className={classes.quiet}>{tour.region.name}</p>
        </div>
        {!tour.archived && (
          <div className={listPage.headerActions}>
            <CalendarButton feed={{ feed: "tour", tour_id: tour.id }} about={tour.name} />
            <Button onClick={() => setDialog("edit")}>{t("tours.edit")}</Button>
            <Button onClick={() => setDialog("archive")}>{t("tours.archive")}</Button>
          </div>
        )}
      </header>
      {saved && (
        <Notice icon={<IconCheck size={20} aria-hidden />}>
          {t("tours.saved", { name: tour.name })}
        </Notice>
      )}
      {tour.archived_stop_count > 0 && (
        <Notice icon={<IconArchive size={20} aria-hidden />}>
          {t("tours.archived_stops_notice", { count: tour.archived_stop_count })}
        </Notice>
      )}
      {tour.archived ? (
        <>
          <Notice>{t("tours.is_archived")}</Notice>
          {unarchive.isError && <FormError>{problemText(t, unarchive.error)}</FormError>}
          <Button
            variant="signal"
            className={classes.more}
            loading={unarchive.isPending}
            onClick={() => unarchive.mutate(undefined)}
          >
            {t("building.unarchive")}
          </Button>
          <StopNames tour={tour} />
        </>
      ) : (
        <>
          <TourRhythm tour={tour} />
          <StopsEditor tour={tour} day={day} onDay={onDay} onRefresh={onRefresh} />
        </>
      )}
      <TourVersions tour={tour} />
      {dialog === "edit" && (
        <TourDialog
          tour={tour}
          onClose={close}
          onSaved={() => {
            setSaved(true);
            close();
          }}
        />
      )}
      {dialog === "archive" && (
        <ConfirmDialog
          title={t("tours.archive_title", { name: tour.name })}
          text={t("tours.archive_text")}
          confirm={t("tours.archive")}
          pending={archive.isPending}
          problem={problemText(t, archive.error, t("tours.in_use"))}
          onConfirm={() => archive.mutate(undefined, { onSuccess: close })}
          onClose={close}
        />
      )}
    </>
  );
}

function StopNames({ tour }: { tour: TourDetail }) {
  const { t } = useTranslation();
  return (
    <ol className={classes.names} aria-label={t("tours.stops")}>
      {tour.stops.map(({ building }) => (
        <li key={building.id}>{building.name}</li>
      ))}
    </ol>
  );
}
