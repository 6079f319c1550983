import { UnstyledButton } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Picture as PictureData, Segment, StepName, Stop } from "@/shared/api/types";
import { clockTime } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { Lightbox } from "@/shared/ui/lightbox";
import { Picture } from "@/shared/ui/picture";
import { StopMark } from "@/shared/ui/stop-mark";
import classes from "./stop-proof.module.css";

/** One stop of a run with what was done there. */
export function StopProof({ stop }: { stop: Stop }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const address = streetLine(stop.building.address, t);
  const visit = stop.visit;
  const state = segmentOf(stop);
  const [large, setLarge] = useState<number>();
  const photos = (visit?.pictures ?? []).map((picture) => ({
    picture,
    caption: t("panel.photo", {
      step: t(`step.${picture.step as StepName}`),
      building: address,
      time: clockTime(picture.taken_at, language),
    }),
    notes: pictureNotes(t, picture),
  }));
  return (
    <li className={classes.stop}>
      <StopMark state={state} position={stop.position} />
      <div className={classes.content}>
        <span className={classes.address}>{address}</span>
        <span className={classes.quiet}>
          {state === "open" && t("panel.no_visit")}
          {visit?.steps.map((step) => (
            <span key={step.id} className={classes.step}>
              {t(`step.${step.step}`)} {clockTime(step.occurred_at, language)}
              {step.corrected && <Note>{t("panel.corrected")}</Note>}
            </span>
          ))}
        </span>
        {visit !== null && visit.reason !== "" && (
          <span className={classes.reason}>
            {t(`segment.${state}`)}. {t("panel.reason", { reason: visit.reason })}
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
      </div>
    </li>
  );
}

/** What the office has to know before it trusts a time or a photo. */
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

/** How far a stop is, by the server's visit. */
export function segmentOf(stop: Stop): Segment {
  if (stop.visit === null) {
    return "open";
  }
  const last = stop.visit.steps.at(-1);
  return stop.visit.outcome ?? (last === undefined ? "open" : reached[last.step]);
}
