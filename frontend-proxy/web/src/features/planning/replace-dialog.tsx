import { Button, Select } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ReplacePreview, WeekPlan } from "@/shared/api/types";
import { dayText } from "@/shared/dates";
import { storedErrorText } from "@/shared/i18n/error-text";
import { useRefusals } from "@/shared/refusals";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { EmptyState } from "@/shared/ui/view-states";
import { type ChoiceRow, ChoiceRows, useWhy } from "./choice-rows";
import classes from "./many-dialogs.module.css";
import { previewReplace } from "./needs-queries";
import type { MovedRun } from "./queries";
import { plannedOf } from "./use-plan-events";
import { workerName } from "./words";

type ReplaceDialogProps = {
  plan: WeekPlan;
  /** Who is replaced; undefined when that is still to be said. */
  worker: number | undefined;
  from: string;
  to: string;
  onMove: (moves: readonly MovedRun[]) => void;
  onClose: () => void;
};

type Values = { worker: string | null; taker: string; from: string | null; to: string | null };

const fields = { worker_id: "worker", from: "from", to: "to" } as const;
const anybody = "0";

/** Replaces somebody for a period: by one person, or by who fits best each time. */
export function ReplaceDialog({ plan, worker, from, to, onMove, onClose }: ReplaceDialogProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({
    initialValues: {
      worker: worker === undefined ? null : String(worker),
      taker: anybody,
      from,
      to,
    },
    validate: {
      worker: (value) => (value === null ? t("replace.worker_needed") : null),
      from: (value) => (value === null ? t("errors.reason.required") : null),
      to: (value, values) =>
        value === null
          ? t("errors.reason.required")
          : values.from !== null && value < values.from
            ? t("replace.order")
            : null,
    },
  });
  const preview = useMutation({ mutationFn: previewReplace });
  const refusals = useRefusals(form, fields);
  const problem = refusals.problem(preview.error);
  const able = plan.workers.filter(({ can_work }) => can_work);
  const name = (one: (typeof able)[number]) => ({
    value: String(one.id),
    label: workerName(one, one.id),
  });
  if (preview.data !== undefined) {
    return (
      <Dialog title={t("replace.title")} onClose={onClose} size="xl">
        <Replacements
          preview={preview.data}
          plan={plan}
          onMove={onMove}
          onBack={() => preview.reset()}
          onClose={onClose}
        />
      </Dialog>
    );
  }
  return (
    <Dialog title={t("replace.title")} onClose={onClose}>
      <Form
        className={dialog.content}
        busy={preview.isPending}
        onSubmit={form.onSubmit((values) =>
          preview.mutate(
            {
              worker_id: Number(values.worker),
              taker_id: Number(values.taker),
              from: values.from ?? "",
              to: values.to ?? "",
            },
            { onError: refusals.show },
          ),
        )}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={preview.isPending} className={dialog.fields}>
          <Select
            label={t("replace.worker")}
            placeholder={t("tray.choose_worker")}
            searchable
            data={plan.workers.map(name)}
            {...form.getInputProps("worker")}
          />
          <div className={classes.pair}>
            <DateField label={t("replace.from")} {...form.getInputProps("from")} />
            <DateField label={t("replace.to")} {...form.getInputProps("to")} />
          </div>
          <Select
            label={t("replace.taker")}
            description={t("replace.taker_hint")}
            searchable
            allowDeselect={false}
            data={[
              { value: anybody, label: t("replace.anybody") },
              ...able.filter(({ id }) => String(id) !== form.values.worker).map(name),
            ]}
            {...form.getInputProps("taker")}
          />
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={preview.isPending}>
            {t("replace.preview")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

type ReplacementsProps = {
  preview: ReplacePreview;
  plan: WeekPlan;
  onMove: (moves: readonly MovedRun[]) => void;
  onBack: () => void;
  onClose: () => void;
};
type Choice = Partial<Pick<ChoiceRow, "worker" | "taken">>;

function Replacements({ preview, plan, onMove, onBack, onClose }: ReplacementsProps) {
  const { t, i18n } = useTranslation();
  const why = useWhy();
  const [choices, setChoices] = useState<ReadonlyMap<string, Choice>>(new Map());
  const rows = preview.runs.map(({ run, taker_id, because, reason, obstacles }) => {
    const key = String(run.id);
    const choice = choices.get(key);
    const proposed = taker_id === 0 ? undefined : taker_id;
    const taker = choice !== undefined && "worker" in choice ? choice.worker : proposed;
    const said =
      reason !== ""
        ? storedErrorText(t, "", reason)
        : because === "" && proposed !== undefined
          ? t("replace.chosen")
          : why(because, obstacles);
    return {
      key,
      text: `${run.tour.name} · ${dayText(run.date, i18n.language)}`,
      region: plan.tours.find(({ id }) => id === run.tour.id)?.region.id,
      worker: taker,
      taken: choice?.taken ?? proposed !== undefined,
      why: taker === proposed ? said : t("fill.because.office"),
      fixed: run.status !== "planned",
      run,
    };
  });
  const taken = rows.filter((row) => row.taken && row.worker !== undefined);
  if (rows.length === 0) {
    return <EmptyState title={t("replace.none_title")} text={t("replace.none_text")} />;
  }
  return (
    <div className={dialog.content}>
      <p className={classes.summary} role="status">
        {t("replace.summary", { count: taken.length, all: rows.length })}
      </p>
      <ChoiceRows
        label={t("replace.title")}
        rows={rows}
        workers={preview.workers}
        onChange={(key, change) =>
          setChoices((all) => new Map(all).set(key, { ...all.get(key), ...change }))
        }
      />
      <div className={dialog.actions}>
        <Button onClick={onBack}>{t("replace.back")}</Button>
        <Button
          variant="signal"
          disabled={taken.length === 0}
          onClick={() => {
            onClose();
            onMove(
              taken.map(({ run, worker = 0 }) => ({
                run: plannedOf(run, "planned"),
                to: { tour_id: run.tour.id, worker_id: worker, date: run.date },
              })),
            );
          }}
        >
          {t("replace.give", { count: taken.length })}
        </Button>
      </div>
    </div>
  );
}
