import { Select, Switch } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { HoldFields } from "@/shared/rhythm/hold-fields";
import { monthName } from "@/shared/waste/rule-words";
import classes from "./rule-form.module.css";
import { onHolidays, type RuleValues } from "./rule-values";

type PartProps = { form: UseFormReturnType<RuleValues> };

/** What changes the dates of a rule: a part of the year, public holidays, and a hold. */
export function SeasonFields({ form }: PartProps) {
  const { t } = useTranslation();
  const { season } = form.values;
  return (
    <div className={classes.group}>
      <Switch
        className={classes.switch}
        label={t("rules.season")}
        {...form.getInputProps("season", { type: "checkbox" })}
      />
      {season && (
        <>
          <div className={classes.pair}>
            <DayOfYear
              label={t("rules.season_from")}
              value={form.values.season_from}
              onChange={(day) => form.setFieldValue("season_from", day)}
            />
            <DayOfYear
              label={t("rules.season_to")}
              value={form.values.season_to}
              onChange={(day) => form.setFieldValue("season_to", day)}
            />
          </div>
          <p className={classes.quiet}>{t("rules.season_hint")}</p>
        </>
      )}
      <Select
        label={t("rules.on_holidays")}
        description={t("rules.on_holidays_hint")}
        allowDeselect={false}
        data={onHolidays.map((value) => ({ value, label: t(`rules.holidays_are.${value}`) }))}
        {...form.getInputProps("on_holidays")}
      />
      <HoldFields form={form} hint={t("rules.held_hint")} />
    </div>
  );
}

// Every day of some year; the 29th of February is the end of the 28th in the others.
const lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

type DayOfYearProps = {
  label: string;
  /** MM-DD. */
  value: string;
  onChange: (day: string) => void;
};

function DayOfYear({ label, value, onChange }: DayOfYearProps) {
  const { t, i18n } = useTranslation();
  const id = useId();
  const [month, day] = value.split("-") as [string, string];
  const length = (of: string) => lengths[Number(of) - 1] ?? 31;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot stand in a line
    <div role="group" aria-labelledby={id} className={classes.labelled}>
      <span id={id} className={classes.label}>
        {label}
      </span>
      <div className={classes.dayOfYear}>
        <Select
          aria-label={`${label}: ${t("rules.day")}`}
          allowDeselect={false}
          data={Array.from({ length: length(month) }, (_, index) => ({
            value: String(index + 1).padStart(2, "0"),
            label: String(index + 1),
          }))}
          value={day}
          onChange={(next) => onChange(`${month}-${next}`)}
        />
        <Select
          aria-label={`${label}: ${t("rules.month")}`}
          allowDeselect={false}
          data={lengths.map((_, index) => ({
            value: String(index + 1).padStart(2, "0"),
            label: monthName(index + 1, i18n.language),
          }))}
          value={month}
          onChange={(next) => {
            const last = Math.min(Number(day), length(next ?? month));
            onChange(`${next}-${String(last).padStart(2, "0")}`);
          }}
        />
      </div>
    </div>
  );
}
