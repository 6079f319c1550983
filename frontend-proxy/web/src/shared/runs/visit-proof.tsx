import { UnstyledButton } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Picture as PictureData, Segment, StepName, Visit } from "../api/types";
import { clockTime } from "../dates";
import { currentLanguage } from "../i18n/i18n";
import { Lightbox } from "../ui/lightbox";
import { Picture } from "../ui/picture";
import classes from "./visit-proof.module.css";

type VisitProofProps = {
  visit: Visit;
  /** Its address. */
  building: string;
  /** Its day, where that is not clear from the page. */
  day?: string;
};

/** What was done at a visit: the steps with their times, why it was not done, and the photos. */
export function VisitProof({ visit, building, day }: VisitProofProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const [large, setLarge] = useState<number>();
  const photos = visit.pictures.map((picture) => {
    const time = clockTime(picture.taken_at, language);
    return {
      picture,
      caption: t("panel.photo", {
        step: t(`step.${picture.step as StepName}`),
        building,
        time: day === undefined ? time : `${day} ${time}`,
      }),
      notes: pictureNotes(t, picture),
    };
  });
  return (
    <>
      {visit.steps.length > 0 && (
        <span className={classes.steps}>
          {visit.steps.map((step) => (
            <span key={step.id} className={classes.step}>
              {t(`step.${step.step}`)} {clockTime(step.occurred_at, language)}
              {step.corrected && <Note>{t("panel.corrected")}</Note>}
            </span>
          ))}
        </span>
      )}
      {visit.reason !== "" && (
        <span className={classes.reason}>
          {t(`segment.${segmentOf(visit)}`)}. {t("panel.reason", { reason: visit.reason })}
        </span>
      )}
      {photos.length > 0 && (
        <ul className={classes.photos}>
          {photos.map(({ picture, caption, notes }, index) => (
            <li key={picture.id} className={notes.length > 0 ? classes.noted : undefined}>
              <UnstyledButton className={classes.photo} onClick={() => setLarge(index)}>
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
