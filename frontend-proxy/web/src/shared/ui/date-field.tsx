import { DatePickerInput, type DatePickerInputProps } from "@mantine/dates";
import { useTranslation } from "react-i18next";
import "dayjs/locale/fr";
import "dayjs/locale/nl";
import "@mantine/dates/styles.css";
import { dayText, fullDayText } from "../dates";
import { currentLanguage } from "../i18n/i18n";
import classes from "./date-field.module.css";

type DateFieldProps = Pick<
  DatePickerInputProps<"default">,
  "error" | "minDate" | "className" | "onFocus" | "onBlur" | "placeholder" | "clearable"
> & {
  label: string;
  /** No label is shown; it is read all the same. */
  bare?: boolean;
  value?: string | null;
  onChange?: (day: string | null) => void;
};

/** Chooses a day from a calendar; read out in words. */
export function DateField({ label, bare = false, value = null, ...input }: DateFieldProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  // The same words as are shown, so that they can be spoken to.
  const chosen = value === null ? (input.placeholder ?? "") : dayText(value, language);
  return (
    <DatePickerInput
      {...(bare ? {} : { label })}
      aria-label={chosen === "" ? label : `${label}: ${chosen}`}
      locale={language}
      firstDayOfWeek={1}
      weekendDays={[]}
      size="md"
      valueFormatter={({ date }) => (typeof date === "string" ? dayText(date, language) : "")}
      getDayAriaLabel={(day) => fullDayText(day, language)}
      classNames={{ day: classes.day ?? "" }}
      ariaLabels={{
        previousMonth: t("day.previous_month"),
        nextMonth: t("day.next_month"),
      }}
      clearButtonProps={{ "aria-label": t("day.clear") }}
      value={value}
      {...input}
    />
  );
}
