import { Button, UnstyledButton } from "@mantine/core";
import { IconCheck, IconFileText, IconInfoCircle, IconNavigation } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, navigationURL, streetLine } from "@/shared/address";
import { apiURL } from "@/shared/api/client";
import type { RunDetail, StepName, Stop } from "@/shared/api/types";
import { clockTime } from "@/shared/dates";
import { openingPage } from "@/shared/files";
import { currentLanguage, loadTexts } from "@/shared/i18n/i18n";
import { ComingSheet } from "@/shared/ui/coming-sheet";
import { FormError } from "@/shared/ui/form-error";
import { lazyPart } from "@/shared/ui/lazy-part";
import { useSheet } from "@/shared/ui/use-sheet";
import { useManual } from "./kept/use-manual";
import { hasPhoto, type LocalStop, nextStep } from "./local-run";
import type { EntryDraft } from "./outbox/entries";
import { useOutbox } from "./outbox/outbox-context";
import { PhotoTiles } from "./photo-tiles";
import { StopIncident } from "./stop-incident";
import { StopRemarks } from "./stop-remarks";
import { StopWaste } from "./stop-waste";
import { undoTime } from "./undo-bar";
import { useAddPhoto } from "./use-add-photo";
import { useSwipe } from "./use-swipe";
import { type Neighbours, WorkBar } from "./work-bar";
import classes from "./work-page.module.css";

const SkipSheet = lazyPart(async () => {
  const [module] = await Promise.all([
    import("./skip-sheet"),
    loadTexts(["runs"]),
    import("@/shared/ui/dialog-window"),
  ]);
  return module.SkipSheet;
}, ComingSheet);

type FrontProps = { photo: { urls: { 320: string; 1600: string } }; alt: string };

/** The front of the building, small; without network there is none. */
function Front({ photo, alt }: FrontProps) {
  const [failed, setFailed] = useState(false);
  return failed ? null : (
    <a
      className={classes.front}
      href={openingPage(photo.urls["1600"])}
      target="_blank"
      rel="noreferrer"
    >
      <img
        src={apiURL(photo.urls["320"])}
        alt={alt}
        decoding="async"
        onError={() => setFailed(true)}
      />
    </a>
  );
}

/** The building's manual: from this device where it is kept, so that it opens in a cellar too. */
function ManualLink({ manual }: { manual: NonNullable<Stop["manual"]> }) {
  const { t } = useTranslation();
  const url = useManual(manual);
  return url === undefined ? (
    <p className={classes.quiet}>{t("run.manual_missing")}</p>
  ) : (
    <a className={classes.manual} href={url} target="_blank" rel="noreferrer">
      <IconFileText size={18} aria-hidden />
      {t("run.open_manual")}
    </a>
  );
}

type StopViewProps = {
  run: RunDetail;
  stop: LocalStop;
  neighbours: Neighbours;
  onShowStop: (position: number) => void;
  /** The run is over: what is left to do is to say something about the stop. */
  over: boolean;
  /** The stop got its outcome: go on in order. */
  onSettled: () => void;
  /** Stands above the buttons at the bottom. */
  aboveBar: ReactNode;
};

/** One stop: where, what, the three steps, photos, and the one thing to do next. */
export function StopView({
  run,
  stop,
  neighbours,
  onShowStop,
  over,
  onSettled,
  aboveBar,
}: StopViewProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const skipping = useSheet("skip");
  const heading = useRef<HTMLHeadingElement>(null);
  const photos = useRef<HTMLDivElement>(null);

  const address = streetLine(stop.building.address, t);
  const where = { runId: run.id, tour: run.tour.name, buildingId: stop.building.id, address };
  const addPhoto = useAddPhoto(where);
  // As the server told last: a start that waits to be sent has kept the stops of that moment.
  const known = run.stops.find(({ building }) => building.id === stop.building.id);
  const comments = known?.comments ?? [];
  // A building without a name of its own has that of its street.
  const { street, house_number: number } = stop.building.address;
  const named = !["", address, `${street} ${number}`].includes(stop.building.name);
  const route = navigationURL(stop.building.address, stop.building.coordinates);
  const step = nextStep(stop);
  const ready = step !== undefined && hasPhoto(stop, step);
  const preparing = stop.photos.some((one) => one.step === step && one.state === "preparing");

  // A new stop: the eye, the scroll position and the screen reader start at its address.
  useEffect(() => {
    window.scrollTo({ top: 0 });
    heading.current?.focus({ preventScroll: true });
  }, []);

  const swipe = useSwipe((direction) => {
    const beside = direction < 0 ? neighbours.previous : neighbours.next;
    if (beside !== undefined) {
      onShowStop(beside.position);
    }
  });
  const keepUndoable = (draft: EntryDraft) => outbox.add(draft, undefined, undoTime);
  const confirm = async (done: StepName) => {
    const kept = await keepUndoable({
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
      <div className={classes.body} data-columns {...swipe}>
        <div className={classes.column}>
          <div className={classes.place}>
            <h2 ref={heading} tabIndex={-1} className={classes.address}>
              <a
                href={route}
                title={t("run.navigate_to", { address })}
                {...(route.startsWith("https:") ? { target: "_blank", rel: "noreferrer" } : {})}
              >
                <span>{address}</span>
                <IconNavigation className={classes.navigate ?? ""} size={22} aria-hidden />
              </a>
            </h2>
            <p className={classes.quiet}>
              {cityLine(stop.building.address)}
              {named && ` · ${stop.building.name}`}
            </p>
          </div>
          {/* A server of the version before does not say. */}
          {known?.collections !== undefined && (
            <StopWaste collections={known.collections} date={run.date} />
          )}
          {comments.length > 0 && (
            <ul className={classes.comments} aria-label={t("run.from_office")}>
              {comments.map((comment) => (
                <li key={comment.id}>
                  <IconInfoCircle size={20} aria-hidden />
                  <span>{comment.text}</span>
                </li>
              ))}
            </ul>
          )}
          {known?.manual != null && <ManualLink manual={known.manual} />}
          {known?.building.photo != null && (
            <Front photo={known.building.photo} alt={t("run.front", { address })} />
          )}
          <Steps stop={stop} current={step} />
        </div>
        <div ref={photos} className={classes.column}>
          {addPhoto.problem !== undefined && (
            <FormError>{t(`device.${addPhoto.problem}`)}</FormError>
          )}
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
      <WorkBar neighbours={neighbours} onShowStop={onShowStop} above={aboveBar}>
        {step === undefined ? (
          <UnstyledButton className={classes.primary} onClick={onSettled}>
            {t(over ? "run.to_overview" : "run.next")}
          </UnstyledButton>
        ) : (
          <UnstyledButton
            className={classes.primary}
            aria-disabled={!ready}
            onClick={() => {
              if (ready) {
                void confirm(step);
              } else {
                // The camera may lie below what the office has noted.
                photos.current?.scrollIntoView({ block: "center" });
              }
            }}
          >
            {t(`run.confirm_${step}`)}{" "}
            {!ready && <small>{t(preparing ? "run.photo_preparing" : "run.need_photo")}</small>}
          </UnstyledButton>
        )}
      </WorkBar>
      <SkipSheet
        address={address}
        opened={skipping.opened}
        onClose={() => void skipping.close()}
        onConfirm={async (outcome, reason, proof) => {
          const occurredAt = new Date().toISOString();
          if (proof.length > 0) {
            addPhoto.add(proof, { step: step ?? "arrival" });
          }
          const kept = await keepUndoable({
            kind: "outcome",
            ...where,
            outcome,
            reason,
            occurredAt,
          });
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
        <p className={classes.quiet}>{t("run.reason", { reason: stop.reason })}</p>
      )}
      {stop.photos.length > 0 && (
        <PhotoTiles photos={stop.photos} step={undefined} wanted={false} />
      )}
    </div>
  );
}
