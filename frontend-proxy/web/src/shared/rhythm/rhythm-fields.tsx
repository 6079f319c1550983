import { MultiSelect, NumberInput, Select, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { DateField } from "../ui/date-field";
import { Toggles } from "../ui/toggles";
import { nths, weekdays } from "../waste/recurrence";
import { monthName, nthName, weekdayName } from "../waste/rule-words";
import classes from "./rhythm-fields.module.css";
import { type RhythmValues, rhythms, rruleOf } from "./rhythm-values";

/** The form of which rhythm and pause are a part. */
export type RhythmForm = Pick<
  UseFormReturnType<RhythmValues>,
  "values" | "errors" | "setFieldValue" | "clearFieldError" | "getInputProps"
>;

type PartProps = { form: RhythmForm };

const monthNumbers = Array.from({ length: 12 }, (_, index) => index + 1);
const dateNumbers = [...Array.from({ length: 31 }, (_, index) => index + 1), -1];

/** When something happens again: how often, on which days, from when and until when. */
export function RhythmFields({ form }: PartProps) {
  const { t, i18n } = useTranslation();
  const { values, errors } = form;
  const { rhythm } = values;
  const monthly = rhythm === "monthly" || rhythm === "dates";
  return (
    <div className={classes.group}>
      <div className={classes.pair}>
        <Select
          label={t("rules.rhythm")}
          allowDeselect={false}
          data={rhythms.map((value) => ({ value, label: t(`rules.rhythms.${value}`) }))}
          value={rhythm}
          onChange={(next) => {
            if (next === null) {
              return;
            }
            // Who goes on by hand starts from what the fields say.
            if (next === "own" && values.own === "" && rhythm !== "own") {
              form.setFieldValue("own", rruleOf(values).replace(/;BYDAY=$/, ""));
            }
            form.setFieldValue("rhythm", next as RhythmValues["rhythm"]);
          }}
        />
        {(rhythm === "weekly" || (monthly && values.months.length === 0)) && (
          <NumberInput
            label={t(rhythm === "weekly" ? "rules.every_weeks" : "rules.every_months")}
            min={1}
            max={rhythm === "weekly" ? 52 : 24}
            clampBehavior="none"
            allowDecimal={false}
            allowNegative={false}
            {...form.getInputProps("interval")}
          />
        )}
      </div>
      {rhythm === "weekly" && values.interval !== 1 && (
        <p className={classes.quiet}>{t("rules.counted_from_start")}</p>
      )}
      {rhythm === "monthly" && (
        <Toggles
          label={t("rules.nths")}
          error={errors.nths}
          choices={nths.map((nth) => ({ value: nth, label: nthName(nth, t) }))}
          value={values.nths}
          onChange={(chosen) => {
            form.clearFieldError("nths");
            form.setFieldValue("nths", chosen);
          }}
        />
      )}
      {rhythm !== "own" && rhythm !== "dates" && (
        <Toggles
          label={t("rules.days")}
          error={errors.days}
          choices={weekdays.map((day) => ({
            value: day,
            label: weekdayName(day, i18n.language, "short"),
            title: weekdayName(day, i18n.language, "long"),
          }))}
          value={values.days}
          onChange={(chosen) => {
            form.clearFieldError("days");
            form.setFieldValue("days", chosen);
          }}
        />
      )}
      {rhythm === "dates" && (
        <MultiSelect
          label={t("rules.dates")}
          placeholder={values.dates.length === 0 ? t("rules.dates_placeholder") : ""}
          data={dateNumbers.map((date) => ({
            value: String(date),
            label: date === -1 ? t("rules.last_date") : String(date),
          }))}
          value={values.dates.map(String)}
          onChange={(chosen) => {
            form.clearFieldError("dates");
            form.setFieldValue("dates", chosen.map(Number));
          }}
          error={errors.dates}
        />
      )}
      {monthly && (
        <MultiSelect
          label={t("rules.months")}
          description={t("rules.months_hint")}
          placeholder={values.months.length === 0 ? t("rules.months_placeholder") : ""}
          data={monthNumbers.map((month) => ({
            value: String(month),
            label: monthName(month, i18n.language),
          }))}
          value={values.months.map(String)}
          onChange={(chosen) =>
            form.setFieldValue(
              "months",
              chosen.map(Number).sort((a, b) => a - b),
            )
          }
        />
      )}
      {rhythm === "own" && (
        <TextInput
          label={t("rules.own")}
          description={t("rules.own_hint")}
          maxLength={300}
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("own")}
        />
      )}
      <div className={classes.pair}>
        <DateField label={t("rules.start")} {...form.getInputProps("start_date")} />
        {rhythm !== "own" && (
          <Select
            label={t("rules.ends")}
            allowDeselect={false}
            data={(["never", "until", "count"] as const).map((value) => ({
              value,
              label: t(`rules.endings.${value}`),
            }))}
            {...form.getInputProps("ends")}
          />
        )}
        {rhythm !== "own" && values.ends === "until" && (
          <DateField
            label={t("rules.until")}
            {...(values.start_date !== null && { minDate: values.start_date })}
            {...form.getInputProps("until")}
          />
        )}
        {rhythm !== "own" && values.ends === "count" && (
          <NumberInput
            label={t("rules.count")}
            min={1}
            max={1000}
            clampBehavior="none"
            allowDecimal={false}
            allowNegative={false}
            {...form.getInputProps("count")}
          />
        )}
      </div>
      {rhythm !== "own" && (
        <details className={classes.expert}>
          <summary>{t("rules.expert")}</summary>
          <code>{rruleOf(values)}</code>
        </details>
      )}
    </div>
  );
}
