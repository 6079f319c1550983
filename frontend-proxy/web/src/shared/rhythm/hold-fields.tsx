import { Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DateField } from "../ui/date-field";
import type { RhythmForm } from "./rhythm-fields";
import classes from "./rhythm-fields.module.css";

type HoldFieldsProps = {
  form: RhythmForm;
  /** What becomes of it meanwhile. */
  hint: string;
};

/** A pause: from when, and until when if that is known. */
export function HoldFields({ form, hint }: HoldFieldsProps) {
  const { t } = useTranslation();
  const { held, held_from } = form.values;
  return (
    <>
      <Switch
        className={classes.switch}
        label={t("rules.held")}
        description={hint}
        {...form.getInputProps("held", { type: "checkbox" })}
      />
      {held && (
        <div className={classes.pair}>
          <DateField label={t("rules.held_from")} {...form.getInputProps("held_from")} />
          <DateField
            label={t("rules.held_until")}
            placeholder={t("rules.held_open")}
            clearable
            {...(held_from !== null && { minDate: held_from })}
            {...form.getInputProps("held_until")}
          />
        </div>
      )}
    </>
  );
}
