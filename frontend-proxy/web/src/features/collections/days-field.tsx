import { Input } from "@mantine/core";
import { DatePicker } from "@mantine/dates";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import "dayjs/locale/fr";
import "dayjs/locale/nl";
import "@mantine/dates/styles.css";
import { fullDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import classes from "./days-field.module.css";

type DaysFieldProps = {
  label: string;
  value: readonly string[];
  onChange: (days: string[]) => void;
  error?: ReactNode;
};

/** Chooses several days from a calendar. */
export function DaysField({ label, value, onChange, error }: DaysFieldProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const id = useId();
  return (
    <Input.Wrapper
      label={label}
      labelElement="div"
      labelProps={{ id }}
      description={t("collections.days_chosen", { count: value.length })}
      error={error}
    >
      <fieldset aria-labelledby={id} className={classes.calendar}>
        <DatePicker
          type="multiple"
          size="md"
          locale={language}
          firstDayOfWeek={1}
          weekendDays={[]}
          getDayAriaLabel={(day) => fullDayText(day, language)}
          ariaLabels={{
            previousMonth: t("day.previous_month"),
            nextMonth: t("day.next_month"),
          }}
          {...(value[0] !== undefined && { defaultDate: value[0] })}
          value={[...value]}
          onChange={(days) => onChange(days.toSorted())}
        />
      </fieldset>
    </Input.Wrapper>
  );
}
