import { Button, Select, Textarea } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Outcome, RunDetail, StepName, Stop } from "@/shared/api/types";
import { clockTime } from "@/shared/dates";
import { errorText } from "@/shared/i18n/error-text";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { isTime, TimeField } from "@/shared/ui/time-field";
import { useCorrectVisit } from "./queries";

type What = StepName | "outcome";

type CorrectDialogProps = { run: RunDetail; stop: Stop; onClose: () => void };

const outcomes = ["done", "skipped", "failed"] as const;
const halfADay = 12 * 60;

/**
 * The moment beside another one at which the clock shows a time: within half a day of it. The moment itself, with its seconds,
 * when it shows that time already.
 */
export function momentNear(moment: string, clock: string): string {
  const first = minutesUntil(moment, clock);
  if (first === 0) {
    return moment;
  }
  const at = new Date(Date.parse(moment) + first * 60_000);
  at.setUTCSeconds(0, 0);
  // The clock was put forward or back in between.
  at.setUTCMinutes(at.getUTCMinutes() + minutesUntil(at.toISOString(), clock));
  return at.toISOString();
}

/** How many minutes the clock shows from a moment to a time, half a day at most; less than nothing when the time lies before. */
function minutesUntil(moment: string, clock: string): number {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
  const later = minutes(clock) - minutes(clockTime(moment, "nl"));
  if (Math.abs(later) <= halfADay) {
    return later;
  }
  return later - Math.sign(later) * 2 * halfADay;
}

/** Corrects a time or the outcome of a visit; why is asked, kept and shown. */
export function CorrectDialog({ run, stop, onClose }: CorrectDialogProps) {
  const { t } = useTranslation();
  const { steps = [], outcome = null } = stop.visit ?? {};
  const choices: What[] = [
    ...steps.map(({ step }) => step),
    ...(outcome === null ? [] : (["outcome"] as const)),
  ];
  const [what, setWhat] = useState<What>(choices[0] ?? "outcome");
  const step = steps.find((one) => one.step === what);
  const [times, setTimes] = useState<Partial<Record<What, string>>>({});
  const time = times[what] ?? (step === undefined ? "" : clockTime(step.occurred_at, "nl"));
  const [to, setTo] = useState<Outcome>(outcome ?? "done");
  const [outcomeReason, setOutcomeReason] = useState(stop.visit?.reason ?? "");
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  // Once for what is sent: sent again after a lost answer it is the same correction, something else is another one.
  const last = useRef({ content: "", id: "" });
  const correct = useCorrectVisit(run.id, stop.building.id);
  const noTime = step !== undefined && (time === "" || !isTime(time));
  const noOutcomeReason = what === "outcome" && to !== "done" && outcomeReason.trim() === "";
  const noReason = reason.trim() === "";
  const submit = () => {
    setTried(true);
    if (noTime || noOutcomeReason || noReason) {
      return;
    }
    const content = {
      what,
      reason: reason.trim(),
      ...(step === undefined
        ? { outcome: to, outcome_reason: to === "done" ? "" : outcomeReason.trim() }
        : { occurred_at: momentNear(step.occurred_at, time) }),
    };
    const written = JSON.stringify(content);
    if (last.current.content !== written) {
      last.current = { content: written, id: crypto.randomUUID() };
    }
    correct.mutate({ id: last.current.id, ...content }, { onSuccess: onClose });
  };
  return (
    <Dialog
      title={t("correction.title", { address: streetLine(stop.building.address, t) })}
      onClose={onClose}
      closeOnClickOutside={false}
    >
      <Form className={dialog.content} busy={correct.isPending} onSubmit={submit}>
        {correct.error !== null && <FormError>{errorText(t, correct.error)}</FormError>}
        <Select
          label={t("correction.what")}
          allowDeselect={false}
          data={choices.map((value) => ({
            value,
            label: value === "outcome" ? t("correction.outcome") : t(`step.${value}`),
          }))}
          value={what}
          onChange={(value) => setWhat(value as What)}
        />
        {step === undefined ? (
          <>
            <Select
              label={t("correction.outcome")}
              allowDeselect={false}
              data={outcomes.map((value) => ({ value, label: t(`segment.${value}`) }))}
              value={to}
              onChange={(value) => setTo(value as Outcome)}
            />
            {to !== "done" && (
              <Textarea
                label={t("correction.outcome_reason")}
                autosize
                minRows={2}
                maxLength={1000}
                value={outcomeReason}
                error={tried && noOutcomeReason ? t("panel.reason_needed") : undefined}
                onChange={(event) => setOutcomeReason(event.currentTarget.value)}
              />
            )}
          </>
        ) : (
          <TimeField
            label={t("correction.time")}
            value={time}
            error={tried && noTime ? t("correction.time_needed") : undefined}
            onChange={(value) => setTimes({ ...times, [what]: value })}
          />
        )}
        <Textarea
          label={t("correction.reason")}
          description={t("correction.reason_hint")}
          autosize
          minRows={2}
          maxLength={1000}
          value={reason}
          error={tried && noReason ? t("panel.reason_needed") : undefined}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="ink" loading={correct.isPending}>
            {t("correction.confirm")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
