import { Button, Select, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { PlanningRun, Run, WeekPlan } from "@/shared/api/types";
import { dayText } from "@/shared/dates";
import { problemText } from "@/shared/refusals";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import classes from "./many-dialogs.module.css";
import { mostRuns, openRuns } from "./needs-queries";
import { plannedOf } from "./use-plan-events";
import { workerName } from "./words";

type CancelManyDialogProps = {
  plan: WeekPlan;
  region: number | undefined;
  from: string;
  to: string;
  onCancel: (runs: readonly PlanningRun[], reason: string) => void;
  onClose: () => void;
};

type Values = {
  from: string | null;
  to: string | null;
  tour: string | null;
  worker: string | null;
  reason: string;
};

/** Cancels what is planned in a period, of a tour or of a person: first it says what that is. */
export function CancelManyDialog({
  plan,
  region,
  from,
  to,
  onCancel,
  onClose,
}: CancelManyDialogProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({
    initialValues: { from, to, tour: null, worker: null, reason: "" },
    validate: {
      from: (value) => (value === null ? t("errors.reason.required") : null),
      to: (value, values) =>
        value === null
          ? t("errors.reason.required")
          : values.from !== null && value < values.from
            ? t("replace.order")
            : null,
      reason: (value) => (value.trim() === "" ? t("planner.reason_needed") : null),
    },
  });
  const preview = useMutation({ mutationFn: openRuns });
  const runs = preview.data;
  const planned = (runs ?? []).filter(({ status }) => status === "planned");
  const problem = problemText(t, preview.error);
  return (
    <Dialog title={t("cancel_many.title")} onClose={onClose}>
      <Form
        className={dialog.content}
        busy={preview.isPending}
        onSubmit={form.onSubmit((values) => {
          if (runs !== undefined) {
            onClose();
            onCancel(
              planned.map((run) => plannedOf(run, "planned")),
              values.reason.trim(),
            );
            return;
          }
          preview.mutate({
            from: values.from ?? "",
            to: values.to ?? "",
            tour: values.tour === null ? undefined : Number(values.tour),
            worker: values.worker === null ? undefined : Number(values.worker),
            region,
          });
        })}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        {runs === undefined ? (
          <fieldset disabled={preview.isPending} className={dialog.fields}>
            <p className={dialog.text}>{t("cancel_many.text")}</p>
            <div className={classes.pair}>
              <DateField label={t("replace.from")} {...form.getInputProps("from")} />
              <DateField label={t("replace.to")} {...form.getInputProps("to")} />
            </div>
            <Select
              label={t("cancel_many.tour")}
              placeholder={t("cancel_many.all_tours")}
              searchable
              clearable
              data={plan.tours.map(({ id, name }) => ({ value: String(id), label: name }))}
              {...form.getInputProps("tour")}
            />
            <Select
              label={t("cancel_many.worker")}
              placeholder={t("cancel_many.all_workers")}
              searchable
              clearable
              data={plan.workers.map((one) => ({
                value: String(one.id),
                label: workerName(one, one.id),
              }))}
              {...form.getInputProps("worker")}
            />
            <Textarea
              label={t("planner.reason")}
              description={t("planner.cancel_text")}
              maxLength={1000}
              autosize
              minRows={2}
              {...form.getInputProps("reason")}
            />
          </fieldset>
        ) : (
          <Runs runs={runs} planned={planned.length} />
        )}
        <div className={dialog.actions}>
          <Button onClick={runs === undefined ? onClose : () => preview.reset()}>
            {t(runs === undefined ? "app.cancel" : "replace.back")}
          </Button>
          <Button
            type="submit"
            variant="signal"
            loading={preview.isPending}
            disabled={runs !== undefined && (planned.length === 0 || planned.length > mostRuns)}
          >
            {runs === undefined
              ? t("replace.preview")
              : t("planner.cancel_runs", { count: planned.length })}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function Runs({ runs, planned }: { runs: readonly Run[]; planned: number }) {
  const { t, i18n } = useTranslation();
  const started = runs.length - planned;
  return (
    <>
      <p className={classes.summary} role="status">
        {planned > mostRuns
          ? t("cancel_many.too_many")
          : t("cancel_many.summary", { count: planned })}
        {started > 0 && ` ${t("cancel_many.started", { count: started })}`}
      </p>
      <ul
        className={`${classes.rows} ${classes.plain}`}
        aria-label={t("cancel_many.title")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keys too
        tabIndex={0}
      >
        {runs.map((run) => (
          <li key={run.id}>
            <span className={classes.what}>
              {t("conflicts.run", {
                worker: fullName(run.worker),
                tour: run.tour.name,
                date: dayText(run.date, i18n.language),
              })}
              {run.status === "started" && <small>{t("run_status.started")}</small>}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
