import { Button, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Absence, AbsenceDetail } from "@/shared/api/types";
import { today } from "@/shared/dates";
import { useRefusals } from "@/shared/refusals";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import classes from "./availability.module.css";
import { useSaveAbsence } from "./queries";

const reasons = ["holiday", "exams", "ill", "other"] as const;
type Reason = (typeof reasons)[number];

type AbsenceDialogProps = {
  workerId: number;
  /** Undefined for a new one. */
  absence: Absence | undefined;
  byOffice: boolean;
  onSaved: (detail: AbsenceDetail) => void;
  onClose: () => void;
};

type Values = { first: string | null; last: string | null; reason: Reason; note: string };

/** Enters when somebody is away, or changes it. */
export function AbsenceDialog({
  workerId,
  absence,
  byOffice,
  onSaved,
  onClose,
}: AbsenceDialogProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({
    initialValues: {
      first: absence?.first_day ?? null,
      last: absence?.last_day ?? null,
      reason: absence?.reason ?? "holiday",
      note: absence?.note ?? "",
    },
    validate: {
      first: (day) => (day === null ? t("availability.day_needed") : null),
      last: (day, { first }) =>
        day === null
          ? t("availability.day_needed")
          : first !== null && day < first
            ? t("availability.last_before_first")
            : null,
    },
  });
  const save = useSaveAbsence(workerId, absence);
  const refusals = useRefusals(form, {
    first_day: "first",
    last_day: "last",
    reason: "reason",
    note: "note",
  });
  const problem = refusals.problem(save.error);
  return (
    <Dialog
      title={absence === undefined ? t("availability.add") : t("availability.change_title")}
      onClose={onClose}
      closeOnClickOutside={!form.isDirty()}
    >
      <Form
        className={dialog.content}
        busy={save.isPending}
        onSubmit={form.onSubmit(({ first, last, reason, note }) => {
          if (first !== null && last !== null) {
            save.mutate(
              { first_day: first, last_day: last, reason, note: note.trim() },
              { onSuccess: onSaved, onError: refusals.show },
            );
          }
        })}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={save.isPending} className={classes.fields}>
          <DateField
            label={t("availability.first")}
            {...(byOffice ? {} : { minDate: today() })}
            {...form.getInputProps("first")}
            onChange={(day) => {
              form.setFieldValue("first", day);
              if (day !== null && (form.values.last === null || form.values.last < day)) {
                form.setFieldValue("last", day);
              }
            }}
          />
          <DateField
            label={t("availability.last")}
            {...(form.values.first === null ? {} : { minDate: form.values.first })}
            {...form.getInputProps("last")}
          />
          <Select
            label={t("availability.reason")}
            allowDeselect={false}
            data={reasons.map((reason) => ({
              value: reason,
              label: t(`availability.reasons.${reason}`),
            }))}
            {...form.getInputProps("reason")}
          />
          <TextInput
            label={t("availability.note")}
            description={t("availability.note_text")}
            maxLength={200}
            {...form.getInputProps("note")}
          />
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={save.isPending}>
            {t("app.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
