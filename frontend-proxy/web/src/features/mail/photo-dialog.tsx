import { Button } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { BuildingVisit, Picture as PictureData } from "@/shared/api/types";
import { clockTime, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Picture } from "@/shared/ui/picture";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import type { ChosenPhoto } from "./draft";
import classes from "./photos.module.css";
import { visitsQuery } from "./queries";
import { BuildingField, type Choice } from "./receiver-fields";

export const maxPhotos = 20;

type PhotoDialogProps = {
  /** The building whose visits are shown first. */
  building: Choice | undefined;
  chosen: readonly ChosenPhoto[];
  onChange: (chosen: ChosenPhoto[]) => void;
  onClose: () => void;
};

/** Chooses photos of visits: a building, and of its visits what shows what is meant. */
export function PhotoDialog({ building: first, chosen, onChange, onClose }: PhotoDialogProps) {
  const { t } = useTranslation();
  const [building, setBuilding] = useState(first);
  return (
    <Dialog title={t("mail_write.photos_add")} size="xl" onClose={onClose}>
      <div className={dialog.content}>
        <BuildingField
          label={t("mail_write.photos_building")}
          placeholder={t("mail_write.building_placeholder")}
          chosen={building}
          onChange={setBuilding}
        />
        {building !== undefined && (
          <Visits key={building.id} building={building} chosen={chosen} onChange={onChange} />
        )}
        <div className={dialog.actions}>
          <p className={classes.count} role="status">
            {t("mail_write.photos_chosen", { count: chosen.length, most: maxPhotos })}
          </p>
          <Button variant="ink" onClick={onClose}>
            {t("people.done")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

type VisitsProps = Pick<PhotoDialogProps, "chosen" | "onChange"> & { building: Choice };

function Visits({ building, chosen, onChange }: VisitsProps) {
  const { t } = useTranslation();
  const visits = useInfiniteQuery(visitsQuery(building.id));
  if (visits.isPending) {
    return <LoadingRows count={2} height={140} />;
  }
  if (visits.data === undefined) {
    return <ErrorState error={visits.error} onRetry={() => visits.refetch()} />;
  }
  const shown = visits.data.filter(({ visit }) => (visit?.pictures.length ?? 0) > 0);
  return (
    <div className={classes.visits}>
      {shown.length === 0 && !visits.hasNextPage && (
        <EmptyState
          title={t("mail_write.no_photos_title")}
          text={t("mail_write.no_photos_text", { building: building.label })}
        />
      )}
      {shown.map((visit) => (
        <VisitPhotos
          key={visit.run_id}
          visit={visit}
          building={building}
          chosen={chosen}
          onChange={onChange}
        />
      ))}
      {visits.hasNextPage && (
        <Button
          className={classes.more ?? ""}
          loading={visits.isFetchingNextPage}
          onClick={() => visits.fetchNextPage()}
        >
          {t("mail_write.earlier_visits")}
        </Button>
      )}
    </div>
  );
}

/** The photos of a visit: of its steps, and of what was remarked. */
function photosOf({ visit }: BuildingVisit): PictureData[] {
  const pictures = [...visit.pictures, ...visit.remarks.flatMap((remark) => remark.pictures)];
  return pictures.filter((picture) => !picture.removed_at);
}

type VisitPhotosProps = VisitsProps & { visit: BuildingVisit };

function VisitPhotos({ visit, building, chosen, onChange }: VisitPhotosProps) {
  const { t } = useTranslation();
  const title = [
    nearDayText(visit.date, t, currentLanguage()),
    ...(visit.tour === null ? [] : [visit.tour.name]),
    ...(visit.worker === null ? [] : [fullName(visit.worker)]),
  ].join(" · ");
  const toggle = ({ id, urls, taken_at }: PictureData) =>
    onChange(
      chosen.some((photo) => photo.id === id)
        ? chosen.filter((photo) => photo.id !== id)
        : [...chosen, { id, urls, taken_at, building: building.label }],
    );
  return (
    <section aria-label={title}>
      <h3 className={classes.visit}>{title}</h3>
      <ul className={classes.photos}>
        {photosOf(visit).map((picture) => {
          const on = chosen.some(({ id }) => id === picture.id);
          const what = picture.step === null ? t("remark.one") : t(`step.${picture.step}`);
          const name = `${what} ${clockTime(picture.taken_at, currentLanguage())}`;
          return (
            <li key={picture.id}>
              <button
                type="button"
                className={classes.photo}
                aria-pressed={on}
                disabled={!on && chosen.length >= maxPhotos}
                onClick={() => toggle(picture)}
              >
                <Picture picture={picture} alt="" />
                <span className={classes.caption}>
                  {on && <IconCheck size={16} aria-hidden />}
                  {name}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
