import { UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconMessage, IconPhotoOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "../address";
import type {
  Picture as PictureData,
  PictureUse,
  Remark,
  Segment,
  StepName,
  Visit,
} from "../api/types";
import { clockTime, dayOf, dayText, nearMomentText } from "../dates";
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
  /** What can be done with a photo of a remark; caption says which one it is. */
  remarkPhotoActions?: (remark: Remark, photo: { id: string; caption: string }) => ReactNode;
};

/** What was done at a visit: the steps with their times, why it was not done, the photos, and what was remarked. */
export function VisitProof({
  visit,
  building,
  day,
  correctedByOffice = [],
  remarkActions,
  remarkPhotoActions,
}: VisitProofProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const [large, setLarge] = useState<number>();
  const shown = (picture: PictureData): Photo => {
    const clock = clockTime(picture.taken_at, language);
    const time = day === undefined ? clock : `${day} ${clock}`;
    return {
      picture,
      caption:
        picture.step === null
          ? t("remark.photo", { building, time })
          : t("panel.photo", { step: t(`step.${picture.step}`), building, time }),
      notes: pictureNotes(t, picture, stepTime(visit, picture), language),
      // A server from before says neither.
      use: picture.first_use ?? null,
      removedAt: picture.removed_at ?? null,
    };
  };
  const ofSteps = visit.pictures.map(shown);
  const ofRemarks = visit.remarks.map((remark) => remark.pictures.map(shown));
  const photos = [...ofSteps, ...ofRemarks.flat()].filter(({ removedAt }) => removedAt === null);
  const enlarge = (photo: Photo) => setLarge(photos.indexOf(photo));
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
                <Photos
                  photos={ofRemarks[index] ?? []}
                  onEnlarge={enlarge}
                  actions={(photo) => remarkPhotoActions?.(remark, photo)}
                />
                {remarkActions?.(remark)}
              </div>
            </li>
          ))}
        </ul>
      )}
      {large !== undefined && (
        <Lightbox
          photos={photos.map(({ use, notes = [], ...photo }) => ({
            ...photo,
            notes: use === null ? notes : [...notes, firstUseText(t, use, language)],
          }))}
          index={large}
          onIndex={setLarge}
          onClose={() => setLarge(undefined)}
        />
      )}
    </>
  );
}

/** A photo, where it was used before, and since when its file is gone. */
type Photo = Shown & { use: PictureUse | null; removedAt: string | null };

type PhotosProps = {
  photos: readonly Photo[];
  onEnlarge: (photo: Photo) => void;
  actions?: (photo: { id: string; caption: string }) => ReactNode;
};

function Photos({ photos, onEnlarge, actions }: PhotosProps) {
  if (photos.length === 0) {
    return null;
  }
  return (
    <ul className={classes.photos}>
      {photos.map((photo) => {
        const { picture, caption, notes = [], use, removedAt } = photo;
        const noted = notes.length > 0 || use !== null;
        return (
          <li key={picture.id} className={noted ? classes.noted : undefined}>
            <div className={classes.frame}>
              {removedAt === null ? (
                <UnstyledButton className={classes.photo} onClick={() => onEnlarge(photo)}>
                  <Picture picture={picture} alt={caption} />
                </UnstyledButton>
              ) : (
                <RemovedPhoto caption={caption} at={removedAt} />
              )}
              {actions?.({ id: picture.id, caption })}
            </div>
            {noted && (
              <span className={classes.notes}>
                {notes.map((note) => (
                  <Note key={note}>{note}</Note>
                ))}
                {use !== null && <FirstUse use={use} />}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Stands where a photo was whose time is up. */
function RemovedPhoto({ caption, at }: { caption: string; at: string }) {
  const { t } = useTranslation();
  const day = dayText(dayOf(new Date(at)), currentLanguage());
  return (
    <span className={classes.removed}>
      <IconPhotoOff size={20} aria-hidden />
      <VisuallyHidden>{caption}: </VisuallyHidden>
      {t("panel.photo_removed", { day })}
    </span>
  );
}

/** The stop at which the same file was used before. */
function FirstUse({ use }: { use: PictureUse }) {
  const { t } = useTranslation();
  return (
    <Note>
      <Link to="/manage/runs/$runId" params={{ runId: use.run_id }} className={classes.link ?? ""}>
        {firstUseText(t, use, currentLanguage())}
      </Link>
    </Note>
  );
}

function firstUseText(t: TFunction, use: PictureUse, language: string): string {
  const time = nearMomentText(use.taken_at, t, language);
  return t("panel.duplicate_of", { address: streetLine(use, t), time });
}

/** What has to be known before one trusts a time or a photo. */
function Note({ children }: { children: ReactNode }) {
  return (
    <span className={classes.note}>
      <IconAlertTriangle size={14} aria-hidden />
      {children}
    </span>
  );
}

/** Photos are taken while one is there: one that is further from its step belongs to another moment. */
const besideStep = 30 * 60_000;

/** When the step of a picture was; undefined for a remark's, and while the step is not confirmed. */
function stepTime(visit: Visit, picture: PictureData): string | undefined {
  return visit.steps.find(({ step }) => step === picture.step)?.occurred_at;
}

function pictureNotes(
  t: TFunction,
  picture: PictureData,
  stepAt: string | undefined,
  language: string,
): string[] {
  const claimed = picture.claimed_at ?? picture.taken_at;
  const apart =
    stepAt !== undefined && Math.abs(Date.parse(claimed) - Date.parse(stepAt)) > besideStep;
  return [
    ...(picture.corrected ? [t("panel.corrected")] : []),
    ...(picture.corrected || apart
      ? [t("panel.photo_taken", { time: nearMomentText(claimed, t, language) })]
      : []),
    ...(picture.duplicate_of !== null && !picture.first_use ? [t("panel.duplicate")] : []),
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
