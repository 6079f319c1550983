import { Button, UnstyledButton } from "@mantine/core";
import { IconCheck, IconFileText, IconInfoCircle, IconNavigation } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, navigationURL, streetLine } from "@/shared/address";
import { apiURL } from "@/shared/api/client";
import type { RunDetail, StepName } from "@/shared/api/types";
import { clockTime } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { FormError } from "@/shared/ui/form-error";
import { lazyPart } from "@/shared/ui/lazy-part";
import { useSheet } from "@/shared/ui/use-sheet";
import { hasPhoto, type LocalStop, nextStep } from "./local-run";
import { useOutbox } from "./outbox/outbox-context";
import { PhotoTiles } from "./photo-tiles";
import { StopIncident } from "./stop-incident";
import { StopRemarks } from "./stop-remarks";
import { useAddPhoto } from "./use-add-photo";
import classes from "./work-page.module.css";

const SkipSheet = lazyPart(async () => (await import("./skip-sheet")).SkipSheet);

type FrontProps = { photo: { urls: { 320: string; 1600: string } }; alt: string };

/** The front of the building, small; without network there is none. */
function Front({ photo, alt }: FrontProps) {
  const [failed, setFailed] = useState(false);
  return failed ? null : (
    <a className={classes.front} href={apiURL(photo.urls["1600"])} target="_blank" rel="noreferrer">
      <img
        src={apiURL(photo.urls["320"])}
        alt={alt}
        decoding="async"
        onError={() => setFailed(true)}
      />
    </a>
  );
}

type StopViewProps = {
  run: RunDetail;
  stop: LocalStop;
  /** The stop got its outcome: go on in order. */
  onSettled: () => void;
};

/** One stop: where, what, the three steps, photos, and the one thing to do next. */
export function StopView({ run, stop, onSettled }: StopViewProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const skipping = useSheet("skip");
  const heading = useRef<HTMLHeadingElement>(null);

  const address = streetLine(stop.building.address, t);
  const where = { runId: run.id, tour: run.tour.name, buildingId: stop.building.id, address };
  const addPhoto = useAddPhoto(where);
  // As the server told last: a start that waits to be sent has kept the stops of that moment.
  const known = run.stops.find(({ building }) => building.id === stop.building.id);
  const comments = known?.comments ?? [];
  const step = nextStep(stop);
  const ready = step !== undefined && hasPhoto(stop, step);

  // A new stop: the eye, the scroll position and the screen reader start at its address.
  useEffect(() => {
    window.scrollTo({ top: 0 });
    heading.current?.focus({ preventScroll: true });
  }, []);

  const confirm = async (done: StepName) => {
    const kept = await outbox.add({
      kind: "step",
      ...where,
      step: done,
      occurredAt: new Date().toISOString(),
      photoSent: stop.photos.some((photo) => photo.step === done && photo.state === "sent"),
    });
    if (kept && done === "departure") {
      onSettled();
    }
  };

  return (
    <>
      <div className={classes.body} data-columns>
        <div className={classes.column}>
          <div className={classes.place}>
            <h2 ref={heading} tabIndex={-1} className={classes.address}>
              {address}
            </h2>
            <p className={classes.quiet}>
              {cityLine(stop.building.address)}
              {stop.building.name !== "" && ` · ${stop.building.name}`}
            </p>
            <a
              className={classes.route}
              href={navigationURL(stop.building.address, stop.building.coordinates)}
              target="_blank"
              rel="noreferrer"
              aria-label={t("run.navigate_to", { address })}
            >
              <IconNavigation size={18} aria-hidden />
              {t("run.navigate")}
            </a>
          </div>
          {/* A run that was kept by the app from before has none. */}
          {known?.building.photo != null && (
            <Front photo={known.building.photo} alt={t("run.front", { address })} />
          )}
          {known?.manual != null && (
            <a
              className={classes.manual}
              href={apiURL(known.manual.url)}
              target="_blank"
              rel="noreferrer"
            >
              <IconFileText size={18} aria-hidden />
              {t("manual.open")}
            </a>
          )}
          {comments.length > 0 && (
            <ul className={classes.comments} aria-label={t("comment.from_office")}>
              {comments.map((comment) => (
                <li key={comment.id}>
                  <IconInfoCircle size={20} aria-hidden />
                  <span>{comment.text}</span>
                </li>
              ))}
            </ul>
          )}
          <Steps stop={stop} current={step} />
        </div>
        <div className={classes.column}>
          {addPhoto.problem !== undefined && <FormError>{t(`run.${addPhoto.problem}`)}</FormError>}
          {step === undefined ? (
            <StopEnded stop={stop} />
          ) : (
            <PhotoTiles
              photos={stop.photos.filter((photo) => photo.step === step)}
              step={step}
              wanted={!ready}
              onAdd={(files) => addPhoto.add(files, { step })}
            />
          )}
          <StopRemarks
            remarks={stop.remarks}
            where={where}
            onAddPhotos={(files, remarkId) => addPhoto.add(files, { remarkId })}
          >
            {step !== undefined && <Button onClick={() => skipping.open()}>{t("run.skip")}</Button>}
            <StopIncident
              where={where}
              onAddPhotos={(files, incidentId) => addPhoto.add(files, { incidentId })}
            />
          </StopRemarks>
        </div>
      </div>
      {step !== undefined && (
        <div className={classes.bar}>
          <UnstyledButton
            className={classes.primary}
            aria-disabled={!ready}
            onClick={() => {
              if (ready) {
                void confirm(step);
              }
            }}
          >
            {t(`run.confirm_${step}`)} {!ready && <small>{t("run.need_photo")}</small>}
          </UnstyledButton>
        </div>
      )}
      {step === undefined && (
        <div className={classes.bar}>
          <UnstyledButton className={classes.primary} onClick={onSettled}>
            {t("run.next")}
          </UnstyledButton>
        </div>
      )}
      <SkipSheet
        address={address}
        opened={skipping.opened}
        onClose={() => void skipping.close()}
        onConfirm={async (outcome, reason) => {
          const occurredAt = new Date().toISOString();
          const kept = await outbox.add({ kind: "outcome", ...where, outcome, reason, occurredAt });
          await skipping.close();
          if (kept) {
            onSettled();
          }
        }}
      />
    </>
  );
}

function Steps({ stop, current }: { stop: LocalStop; current: StepName | undefined }) {
  const { t } = useTranslation();
  return (
    <ol className={classes.steps} aria-label={t("run.steps")}>
      {stop.steps.map((step, index) => (
        <li
          key={step.name}
          className={classes.step}
          data-done={step.at !== undefined || undefined}
          aria-current={step.name === current ? "step" : undefined}
        >
          <span className={classes.stepNumber} aria-hidden>
            {step.at === undefined ? index + 1 : <IconCheck size={16} stroke={2.5} />}
          </span>
          <span className={classes.stepName}>
            {t(`step.${step.name}`)}
            <span className={classes.stepTime}>
              {step.at !== undefined && clockTime(step.at, currentLanguage())}
            </span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function StopEnded({ stop }: { stop: LocalStop }) {
  const { t } = useTranslation();
  return (
    <div className={classes.ended}>
      <p>{t(`run.stop_${stop.outcome ?? "done"}`)}</p>
      {stop.reason !== "" && (
        <p className={classes.quiet}>{t("panel.reason", { reason: stop.reason })}</p>
      )}
      {stop.photos.length > 0 && (
        <PhotoTiles photos={stop.photos} step={undefined} wanted={false} />
      )}
    </div>
  );
}
