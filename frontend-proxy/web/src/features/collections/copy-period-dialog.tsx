import { Button, MultiSelect } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/shared/api/client";
import type { CalendarBuilding } from "@/shared/api/types";
import { addDays } from "@/shared/dates";
import { mondayOf, periodText, weekNumber } from "@/shared/day-grid/period";
import { RefusedRows } from "@/shared/day-grid/refused-rows";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useRefusals } from "@/shared/refusals";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import classes from "./copy-period-dialog.module.css";
import { KindSelect } from "./kind-select";
import { KindIcon, useKinds } from "./kinds";
import { isEmpty, selectionOf, type Target, TargetField } from "./target-field";
import { usePlaceText } from "./use-place-text";
import work from "./work-fields.module.css";

type CopyPeriodDialogProps = {
  /** The days on screen. */
  from: string;
  to: string;
  target: Target;
  known: readonly CalendarBuilding[];
  onCopied: (ids: readonly number[]) => void;
  onClose: () => void;
};

type Values = {
  from: string | null;
  to: string | null;
  weeks: string[];
  type: string | null;
  target: Target;
};

const fields = {
  from: "from",
  to: "to",
  weeks: "weeks",
  type: "type",
  building_ids: "target",
} as const;

function bodyOf({ from, to, weeks, type, target }: Values) {
  return { from: from ?? "", to: to ?? "", weeks, type: type ?? "", ...selectionOf(target) };
}

const weeksAhead = 53;

/** Copies whole weeks to later ones, in two steps: what, and what comes of it. */
export function CopyPeriodDialog({
  from,
  to,
  target,
  known,
  onCopied,
  onClose,
}: CopyPeriodDialogProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const form = useForm<Values>({
    initialValues: { from, to, weeks: [], type: null, target },
    validate: {
      from: (day) => (day === null ? t("collections.days_needed") : null),
      to: (day, values) =>
        day === null
          ? t("collections.days_needed")
          : values.from !== null && day < values.from
            ? t("collections.period_order")
            : null,
      weeks: (weeks) => (weeks.length === 0 ? t("collections.weeks_needed") : null),
      target: (where) => (isEmpty(where) ? t("collections.where_needed") : null),
    },
  });
  const preview = useMutation({
    mutationFn: (values: Values) =>
      unwrap(api().POST("/planning/collections/copy/preview", { body: bodyOf(values) })),
  });
  const copy = useMutation({
    mutationFn: (values: Values) =>
      unwrap(api().POST("/planning/collections/copy", { body: bodyOf(values) })),
  });
  const refusals = useRefusals(form, fields);
  const problem = refusals.problem(preview.error ?? copy.error);
  const weekText = (monday: string) =>
    t("collections.week", {
      number: weekNumber(monday),
      days: periodText(monday, addDays(monday, 6), language),
    });
  const first = addDays(mondayOf(form.values.to ?? to), 7);
  const weeks = Array.from({ length: weeksAhead }, (_, week) => addDays(first, 7 * week));
  const made = preview.data?.made ?? [];
  const skipped = preview.data?.skipped ?? [];
  const previewed = preview.data !== undefined;
  const text = usePlaceText(known);
  return (
    <Dialog title={t("collections.copy_period")} onClose={onClose}>
      <Form
        className={dialog.content}
        busy={preview.isPending || copy.isPending}
        onSubmit={form.onSubmit((values) =>
          previewed
            ? copy.mutate(values, {
                onSuccess: ({ ids }) => onCopied(ids),
                onError: refusals.show,
              })
            : preview.mutate(values, { onError: refusals.show }),
        )}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        {previewed ? (
          <div className={classes.preview} role="status">
            <p>{t("collections.would_make", { count: made.length })}</p>
            <KindCounts made={made} />
            {skipped.length > 0 && (
              <>
                <p>{t("collections.would_skip", { count: skipped.length })}</p>
                <RefusedRows
                  rows={skipped.map((place) => ({
                    key: `${place.building_id} ${place.type} ${place.date}`,
                    text: text(place),
                    reason: place.reason,
                  }))}
                />
              </>
            )}
          </div>
        ) : (
          <fieldset disabled={preview.isPending} className={dialog.fields}>
            <p className={dialog.text}>{t("collections.copy_period_text")}</p>
            <div className={work.pair}>
              <DateField label={t("collections.from_date")} {...form.getInputProps("from")} />
              <DateField label={t("collections.until_date")} {...form.getInputProps("to")} />
            </div>
            <MultiSelect
              label={t("collections.weeks")}
              placeholder={form.values.weeks.length === 0 ? t("collections.choose_weeks") : ""}
              searchable
              clearable
              hidePickedOptions
              clearButtonProps={{ "aria-label": t("collections.clear_weeks") }}
              data={weeks.map((monday) => ({ value: monday, label: weekText(monday) }))}
              {...form.getInputProps("weeks")}
            />
            <KindSelect
              label={t("collections.kind")}
              placeholder={t("collections.all_kinds")}
              clearable
              {...form.getInputProps("type")}
            />
            <TargetField
              known={known}
              {...form.getInputProps("target")}
              value={form.values.target}
            />
          </fieldset>
        )}
        <div className={dialog.actions}>
          {previewed ? (
            <Button disabled={copy.isPending} onClick={() => preview.reset()}>
              {t("collections.back")}
            </Button>
          ) : (
            <Button onClick={onClose}>{t("app.cancel")}</Button>
          )}
          <Button
            type="submit"
            variant="signal"
            loading={preview.isPending || copy.isPending}
            disabled={previewed && made.length === 0}
          >
            {previewed
              ? t("collections.make", { count: made.length })
              : t("collections.show_preview")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function KindCounts({ made }: { made: readonly { type: string }[] }) {
  const { t } = useTranslation();
  const kinds = useKinds();
  const counts = new Map<string, number>();
  for (const { type } of made) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return (
    <ul className={classes.counts}>
      {[...counts].map(([code, count]) => (
        <li key={code}>
          <KindIcon code={code} size={18} />
          {kinds.get(code)?.name ?? code}: {t("collections.count", { count })}
        </li>
      ))}
    </ul>
  );
}
