import { UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconMessage } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Picture as PictureData, Remark, Segment, StepName, Visit } from "../api/types";
import { clockTime, nearMomentText } from "../dates";
import { currentLanguage } from "../i18n/i18n";
import { Lightbox, type Shown } from "../ui/lightbox";
import { Picture } from "../ui/picture";
import classes from "./visit-proof.module.css";

type VisitProofProps = {
  visit: Visit;
  /** Its address. */
  building: string;
  /** Its day, where that is not clear from the page. */
  day?: string;
  /** What of it the office has corrected: said beside it, and not as a wrong clock. */
  correctedByOffice?: readonly string[];
  /** What can be done with a remark. */
  remarkActions?: (remark: Remark) => ReactNode;
};

/** What was done at a visit: the steps with their times, why it was not done, the photos, and what was remarked. */
export function VisitProof({
  visit,
  building,
  day,
  correctedByOffice = [],
  remarkActions,
}: VisitProofProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const [large, setLarge] = useState<number>();
  const shown = (picture: PictureData): Shown => {
    const clock = clockTime(picture.taken_at, language);
    const time = day === undefined ? clock : `${day} ${clock}`;
    return {
      picture,
      caption:
        picture.step === null
          ? t("remark.photo", { building, time })
          : t("panel.photo", { step: t(`step.${picture.step}`), building, time }),
      notes: pictureNotes(t, picture),
    };
  };
  const ofSteps = visit.pictures.map(shown);
  const ofRemarks = visit.remarks.map((remark) => remark.pictures.map(shown));
  const photos = [...ofSteps, ...ofRemarks.flat()];
  const enlarge = (photo: Shown) => setLarge(photos.indexOf(photo));
  return (
    <>
      {visit.steps.length > 0 && (
        <span className={classes.steps}>
          {visit.steps.map((step) => (
            <span key={step.id} className={classes.step}>
              {t(`step.${step.step}`)} {clockTime(step.occurred_at, language)}
              {step.corrected && (
                <Note>
                  {t(
                    correctedByOffice.includes(step.step)
                      ? "panel.corrected_by_office"
                      : "panel.corrected",
                  )}
                </Note>
              )}
            </span>
          ))}
        </span>
      )}
      {visit.reason !== "" && (
        <span className={classes.reason}>
          {t(`segment.${segmentOf(visit)}`)}. {t("panel.reason", { reason: visit.reason })}
        </span>
      )}
      <Photos photos={ofSteps} onEnlarge={enlarge} />
      {visit.remarks.length > 0 && (
        <ul className={classes.remarks} aria-label={t("remark.title")}>
          {visit.remarks.map((remark, index) => (
            <li key={remark.id} className={classes.remark}>
              <IconMessage size={18} aria-hidden />
              <div className={classes.remarkContent}>
                <p className={classes.remarkText}>{remark.text}</p>
                <span className={classes.steps}>
                  {clockTime(remark.occurred_at, language)}
                  {remark.edited_at !== null &&
                    ` · ${t("remark.edited", { time: nearMomentText(remark.edited_at, t, language) })}`}
                  {remark.corrected && <Note>{t("panel.corrected")}</Note>}
                </span>
                <Photos photos={ofRemarks[index] ?? []} onEnlarge={enlarge} />
                {remarkActions?.(remark)}
              </div>
            </li>
          ))}
        </ul>
      )}
      {large !== undefined && (
        <Lightbox
          photos={photos}
          index={large}
          onIndex={setLarge}
          onClose={() => setLarge(undefined)}
        />
      )}
    </>
  );
}

type PhotosProps = { photos: readonly Shown[]; onEnlarge: (photo: Shown) => void };

function Photos({ photos, onEnlarge }: PhotosProps) {
  if (photos.length === 0) {
    return null;
  }
  return (
    <ul className={classes.photos}>
      {photos.map((photo) => {
        const { picture, caption, notes = [] } = photo;
        return (
          <li key={picture.id} className={notes.length > 0 ? classes.noted : undefined}>
            <UnstyledButton className={classes.photo} onClick={() => onEnlarge(photo)}>
              <Picture picture={picture} alt={caption} />
            </UnstyledButton>
            {notes.length > 0 && (
              <span className={classes.notes}>
                {notes.map((note) => (
                  <Note key={note}>{note}</Note>
                ))}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** What has to be known before one trusts a time or a photo. */
function Note({ children }: { children: string }) {
  return (
    <span className={classes.note}>
      <IconAlertTriangle size={14} aria-hidden />
      {children}
    </span>
  );
}

function pictureNotes(t: TFunction, picture: PictureData): string[] {
  return [
    ...(picture.corrected ? [t("panel.corrected")] : []),
    ...(picture.duplicate_of === null ? [] : [t("panel.duplicate")]),
  ];
}

const reached: Record<StepName, Segment> = {
  arrival: "arrived",
  inside: "inside",
  departure: "departed",
};

/** How far a visit is, by what the server knows; one that nobody has begun is open. */
export function segmentOf(visit: Visit | null): Segment {
  const last = visit?.steps.at(-1);
  return visit?.outcome ?? (last === undefined ? "open" : reached[last.step]);
}
