import { Button, Chip, NumberInput, VisuallyHidden } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Availability } from "@/shared/api/types";
import { weekdayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { changedMeanwhile, useRefusals } from "@/shared/refusals";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { useStored } from "@/shared/use-stored";
import classes from "./availability.module.css";
import { usePutAvailability } from "./queries";

type WorkingDaysFormProps = { stored: Availability; byOffice: boolean; onRefresh: () => void };

type Values = { weekdays: string[]; hours: number | string };

const weekdays = [1, 2, 3, 4, 5, 6, 7];

function valuesOf({ weekdays, weekly_minutes: minutes }: Availability): Values {
  return { weekdays: weekdays.map(String), hours: minutes === 0 ? "" : minutes / 60 };
}

function daysText(days: number[]): string {
  return days.map((weekday) => weekdayText(weekday, currentLanguage())).join(", ") || "–";
}

/** Says on which days of the week somebody can work; the office says how many hours were agreed, too. */
export function WorkingDaysForm({ stored, byOffice, onRefresh }: WorkingDaysFormProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({ initialValues: valuesOf(stored) });
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored<Availability, Values>({
    stored,
    factsOf: valuesOf,
    mine: { ...form.values, weekdays: [...form.values.weekdays].sort() },
    adopt: (changed) => form.setValues(valuesOf(changed)),
  });
  const { guard } = useUnsavedGuard(dirty);
  const put = usePutAvailability(stored.worker_id);
  const refusals = useRefusals(form, { weekdays: "weekdays", weekly_minutes: "hours" });
  const problem = changedMeanwhile(put.error)
    ? theirs === undefined
      ? t("changed.again")
      : undefined
    : refusals.problem(put.error);
  const decide = (decision: () => void) => () => {
    decision();
    put.reset();
  };
  return (
    <Form
      className={classes.form}
      busy={put.isPending}
      onSubmit={form.onSubmit((values) =>
        put.mutate(
          {
            weekdays: values.weekdays.map(Number),
            weekly_minutes: Math.round(Number(values.hours) * 60),
            version: base.version,
          },
          {
            onError: (error) => {
              refusals.show(error);
              if (changedMeanwhile(error)) {
                onRefresh();
              }
            },
          },
        ),
      )}
    >
      {guard}
      {problem !== undefined && <FormError>{problem}</FormError>}
      {theirs !== undefined && (
        <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
          <p className={classes.text}>{daysText(theirs.weekdays)}</p>
        </ChangedMeanwhile>
      )}
      <fieldset className={classes.days} disabled={put.isPending}>
        <legend>
          <VisuallyHidden>{t("availability.days")}</VisuallyHidden>
        </legend>
        <Chip.Group multiple {...form.getInputProps("weekdays")}>
          {weekdays.map((weekday) => (
            <Chip
              key={weekday}
              value={String(weekday)}
              size="md"
              radius="md"
              classNames={{ label: classes.day ?? "" }}
            >
              {weekdayText(weekday, currentLanguage())}
            </Chip>
          ))}
        </Chip.Group>
      </fieldset>
      {byOffice ? (
        <NumberInput
          label={t("availability.hours")}
          description={t("availability.hours_text")}
          min={0}
          max={168}
          step={1}
          decimalScale={2}
          allowNegative={false}
          className={classes.hours}
          {...form.getInputProps("hours")}
        />
      ) : (
        stored.weekly_minutes > 0 && (
          <p className={classes.quiet}>
            {t("availability.agreed", { hours: stored.weekly_minutes / 60 })}
          </p>
        )
      )}
      <div className={classes.save}>
        <Button type="submit" disabled={!dirty} loading={put.isPending}>
          {t("app.save")}
        </Button>
        <p role="status" className={classes.saved}>
          {put.isSuccess && !dirty && (
            <>
              <IconCheck size={16} aria-hidden />
              {t("availability.saved")}
            </>
          )}
        </p>
      </div>
    </Form>
  );
}
