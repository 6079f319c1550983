import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Correction, Stop } from "@/shared/api/types";
import { clockTime, nearMomentText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { segmentOf, VisitProof } from "@/shared/runs/visit-proof";
import { lazyPart } from "@/shared/ui/lazy-part";
import { StopMark } from "@/shared/ui/stop-mark";
import { RemarkActions } from "./remark-actions";
import classes from "./stop-proof.module.css";
import { minutesBetween, TimeAgainstAgreed } from "./time-against-agreed";

// A menu lies on the photo, and moves nothing when it comes.
const PhotoActions = lazyPart(() =>
  import("./photo-actions").then(
    (module) => module.PhotoActions,
    () => () => null,
  ),
);

type StopProofProps = {
  stop: Stop;
  /** What else there is to say about it, before what was done there. */
  children?: ReactNode;
  /** What can be done about the visit. */
  actions?: ReactNode;
};

/** One stop of a run with what was done there. */
export function StopProof({ stop, children, actions }: StopProofProps) {
  const { t } = useTranslation();
  const address = streetLine(stop.building.address, t);
  const state = segmentOf(stop.visit);
  const steps = stop.visit?.steps ?? [];
  const arrival = steps.find(({ step }) => step === "arrival");
  const departure = steps.find(({ step }) => step === "departure");
  return (
    <li className={classes.stop}>
      <StopMark state={state} position={stop.position} />
      <div className={classes.content}>
        <div className={classes.head}>
          <span className={classes.address}>{address}</span>
          {actions}
        </div>
        {children}
        {state === "open" && (
          <span className={classes.quiet}>
            {t("panel.no_visit")} ·{" "}
            {t("run_page.agreed_minutes", { count: stop.building.agreed_minutes })}
          </span>
        )}
        {arrival !== undefined && departure !== undefined && (
          <span className={classes.quiet}>
            <TimeAgainstAgreed
              minutes={minutesBetween(arrival.occurred_at, departure.occurred_at)}
              agreed={stop.building.agreed_minutes}
            />
          </span>
        )}
        {stop.visit !== null && (
          <VisitProof
            visit={stop.visit}
            building={address}
            correctedByOffice={stop.corrections.map(({ what }) => what)}
            remarkActions={(remark) => <RemarkActions remark={remark} />}
            remarkPhotoActions={(remark, photo) => <PhotoActions remark={remark} photo={photo} />}
          />
        )}
        {stop.corrections.length > 0 && (
          <ul className={classes.corrections} aria-label={t("correction.list")}>
            {stop.corrections.map((correction) => (
              <li key={correction.id}>
                <CorrectionText correction={correction} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </li>
  );
}

function CorrectionText({ correction }: { correction: Correction }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const { what } = correction;
  const by = t("correction.by", {
    name: correction.corrected_by?.name || t("correction.somebody"),
    time: nearMomentText(correction.corrected_at, t, language),
    reason: correction.reason,
  });
  const change =
    what === "outcome"
      ? t("correction.outcome_changed", {
          before: t(`segment.${correction.outcome_before ?? "open"}`),
          after: t(`segment.${correction.outcome_after ?? "open"}`),
        })
      : t("correction.time_changed", {
          step: t(`step.${what}`),
          before: clockTime(correction.time_before ?? "", language),
          after: clockTime(correction.time_after ?? "", language),
        });
  return (
    <>
      {change} {by}
    </>
  );
}
