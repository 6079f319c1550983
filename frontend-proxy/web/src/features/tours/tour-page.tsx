import { Button, Title } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { TourDetail } from "@/shared/api/types";
import { problemText } from "@/shared/field-error";
import { errorText } from "@/shared/i18n/error-text";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { FormError } from "@/shared/ui/form-error";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { archiveTour, tourQuery, unarchiveTour } from "./queries";
import { StopsEditor } from "./stops-editor";
import { TourDialog } from "./tour-dialog";
import classes from "./tours.module.css";

/** One tour: its facts, and its stops in order. */
export function TourPage({ id }: { id: number }) {
  const { t } = useTranslation();
  // The stops under edit stay; a change of somebody else shows when saving.
  const tour = useQuery({ ...tourQuery(id), refetchOnWindowFocus: false });
  return (
    <div className={classes.page}>
      <PageTitle>{tour.data?.name ?? t("tours.title")}</PageTitle>
      <Link to="/manage/tours" className={classes.back}>
        <IconChevronLeft size={18} aria-hidden />
        {t("tours.title")}
      </Link>
      {tour.isPending && <LoadingRows count={6} height={60} />}
      {tour.isError && tour.data === undefined && (
        <ErrorState error={tour.error} onRetry={() => tour.refetch()} />
      )}
      {tour.data !== undefined && <Tour tour={tour.data} />}
    </div>
  );
}

function Tour({ tour }: { tour: TourDetail }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<"edit" | "archive">();
  const close = () => setDialog(undefined);
  const stored = (changed: TourDetail) => {
    queryClient.setQueryData(tourQuery(changed.id).queryKey, changed);
    void queryClient.invalidateQueries({ queryKey: ["tours"] });
    close();
  };
  const archive = useMutation({ mutationFn: () => archiveTour(tour.id), onSuccess: stored });
  const unarchive = useMutation({ mutationFn: () => unarchiveTour(tour.id), onSuccess: stored });
  return (
    <>
      <header className={listPage.header}>
        <div className={classes.heading}>
          <Title order={1}>{tour.name}</Title>
          <p className={classes.quiet}>{tour.region.name}</p>
        </div>
        {!tour.archived && (
          <div className={listPage.headerActions}>
            <Button onClick={() => setDialog("edit")}>{t("tours.edit")}</Button>
            <Button onClick={() => setDialog("archive")}>{t("tours.archive")}</Button>
          </div>
        )}
      </header>
      {tour.archived ? (
        <>
          <Notice>{t("tours.is_archived")}</Notice>
          {unarchive.isError && <FormError>{errorText(t, unarchive.error)}</FormError>}
          <Button
            variant="signal"
            className={classes.more}
            loading={unarchive.isPending}
            onClick={() => unarchive.mutate()}
          >
            {t("building.unarchive")}
          </Button>
          <StopNames tour={tour} />
        </>
      ) : (
        <StopsEditor key={tour.version} tour={tour} />
      )}
      {dialog === "edit" && <TourDialog tour={tour} onClose={close} onSaved={close} />}
      {dialog === "archive" && (
        <ConfirmDialog
          title={t("tours.archive_title", { name: tour.name })}
          text={t("tours.archive_text")}
          confirm={t("tours.archive")}
          pending={archive.isPending}
          problem={problemText(t, archive.error, t("tours.in_use"))}
          onConfirm={() => archive.mutate()}
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
