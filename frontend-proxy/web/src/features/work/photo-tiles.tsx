import { Loader, UnstyledButton, VisuallyHidden } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowUp,
  IconCamera,
  IconCameraPlus,
  IconCheck,
  IconPhoto,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { apiURL } from "@/shared/api/client";
import type { StepName } from "@/shared/api/types";
import { dayOf, dayText } from "@/shared/dates";
import { currentLanguage, loadTexts } from "@/shared/i18n/i18n";
import { ComingSheet } from "@/shared/ui/coming-sheet";
import { lazyPart } from "@/shared/ui/lazy-part";
import { useSheet } from "@/shared/ui/use-sheet";
import type { LocalPhoto } from "./local-run";
import classes from "./photo-tiles.module.css";
import { usePreview } from "./preview";

const CameraSheet = lazyPart(async () => {
  const [module] = await Promise.all([
    import("./camera-sheet"),
    loadTexts(["runs"]),
    import("@/shared/ui/dialog-window"),
  ]);
  return module.CameraSheet;
}, ComingSheet);

/** Only a page that came over a safe connection may use the camera itself. */
function hasCamera(): boolean {
  return navigator.mediaDevices?.getUserMedia !== undefined;
}

type PhotoTilesProps = {
  photos: readonly LocalPhoto[];
  /** The step new photos belong to; undefined shows without adding. */
  step: StepName | undefined;
  /** What the photos are of, where that is no step. */
  label?: string;
  /** A photo is what is missing: the camera is the thing to do next. */
  wanted: boolean;
  onAdd?: (files: File[]) => void;
};

/** The camera first, then the photos with their state. */
export function PhotoTiles({ photos, step, label, wanted, onAdd }: PhotoTilesProps) {
  const { t } = useTranslation();
  const camera = useSheet("camera");
  const name =
    label ?? t("run.photos", { step: step === undefined ? "" : t(`step.${step}`) }).trim();
  return (
    <ul className={classes.tiles} aria-label={name}>
      {step !== undefined && (
        <li>
          <label className={classes.camera} data-wanted={wanted || undefined}>
            <IconCamera size={28} stroke={1.75} aria-hidden />
            <span>{t("run.add_photo")}</span>
            <VisuallyHidden>
              <input
                type="file"
                accept="image/*"
                capture="environment"
                onChange={(event) => {
                  onAdd?.([...(event.currentTarget.files ?? [])]);
                  // The same photo may be chosen again.
                  event.currentTarget.value = "";
                }}
              />
            </VisuallyHidden>
          </label>
        </li>
      )}
      {step !== undefined && hasCamera() && (
        <li>
          <UnstyledButton className={classes.camera} onClick={camera.open}>
            <IconCameraPlus size={28} stroke={1.75} aria-hidden />
            <span>{t("run.several_photos")}</span>
          </UnstyledButton>
          {camera.opened && (
            <CameraSheet
              title={name}
              onPhoto={(photo) => onAdd?.([photo])}
              onClose={() => void camera.close()}
            />
          )}
        </li>
      )}
      {photos.map((photo) =>
        photo.state === "preparing" ? (
          <li key={photo.id} className={classes.tile} aria-label={t("app.loading")}>
            <Loader size="sm" color="stone" />
          </li>
        ) : (
          <PhotoTile key={photo.id} photo={photo} />
        ),
      )}
    </ul>
  );
}

function PhotoTile({ photo }: { photo: LocalPhoto }) {
  const { t } = useTranslation();
  const step = t(photo.step === undefined ? "own_remark.one" : `step.${photo.step}`).toLowerCase();
  const alt =
    photo.state === "sent"
      ? t("run.photo_sent", { step })
      : photo.state === "refused"
        ? t("run.photo_refused", { step })
        : t("run.photo_waiting", { step });
  const small = photo.picture?.urls["320"];
  const remote = small === undefined ? undefined : apiURL(small);
  // What this browser cannot draw may be a photo all the same.
  const [failed, setFailed] = useState<string>();
  const source = usePreview(photo, remote !== undefined && failed === remote) ?? remote;
  const old = photo.takenBeforeStart;
  return (
    <li className={classes.tile} data-state={photo.state}>
      {source === undefined || source === failed ? (
        <span role="img" aria-label={alt} className={classes.undrawn}>
          <IconPhoto size={28} stroke={1.5} aria-hidden />
        </span>
      ) : (
        <img src={source} alt={alt} decoding="async" onError={() => setFailed(source)} />
      )}
      {old !== undefined && (
        <span className={classes.old}>
          {t("run.photo_old", { day: dayText(dayOf(new Date(old)), currentLanguage()) })}
        </span>
      )}
      {photo.usedBefore && old === undefined && (
        <span className={classes.old}>{t("run.photo_again")}</span>
      )}
      <span className={classes.state} aria-hidden>
        {photo.state === "sent" && <IconCheck size={14} stroke={3} />}
        {(photo.state === "waiting" || photo.state === "sending") && (
          <IconArrowUp size={14} stroke={3} />
        )}
        {photo.state === "refused" && <IconAlertTriangle size={14} stroke={2.5} />}
      </span>
    </li>
  );
}
