import {
  Button,
  Checkbox,
  NumberInput,
  SegmentedControl,
  Select,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { CalendarCollection } from "@/shared/api/types";
import { addDays } from "@/shared/dates";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { KindSelect } from "./kind-select";
import type { MovedTo, SharedChange } from "./queries";
import classes from "./work-fields.module.css";

type PlacesDialogProps = {
  what: "move" | "copy";
  collections: readonly CalendarCollection[];
  onDone: (to: readonly MovedTo[]) => void;
  onClose: () => void;
};

type PlacesValues = { how: "date" | "days"; date: string | null; days: number | string };

/** Moves or copies what is chosen: to a date, or by some days. */
export function PlacesDialog({ what, collections, onDone, onClose }: PlacesDialogProps) {
  const { t } = useTranslation();
  const dates = new Set(collections.map(({ date }) => date));
  const form = useForm<PlacesValues>({
    initialValues: { how: dates.size === 1 ? "date" : "days", date: null, days: 7 },
    validate: {
      date: (date, { how }) =>
        how === "days" || (date !== null && !(dates.size === 1 && dates.has(date)))
          ? null
          : t("collections.other_date_needed"),
      days: (days, { how }) =>
        how === "date" || (typeof days === "number" && days !== 0 && Math.abs(days) <= 366)
          ? null
          : t("collections.number_needed"),
    },
  });
  const submit = ({ how, date, days }: PlacesValues) =>
    onDone(
      collections.map((collection) => ({
        collection,
        date: how === "date" ? (date ?? "") : addDays(collection.date, Number(days)),
      })),
    );
  return (
    <Dialog
      title={t(what === "move" ? "collections.move_title" : "collections.copy_title", {
        count: collections.length,
      })}
      onClose={onClose}
    >
      <Form className={dialog.content} busy={false} onSubmit={form.onSubmit(submit)}>
        <SegmentedControl
          aria-label={t("collections.where_to")}
          size="md"
          data={[
            { value: "date", label: t("collections.to_date") },
            { value: "days", label: t("collections.by_days") },
          ]}
          {...form.getInputProps("how")}
        />
        {form.values.how === "date" ? (
          <DateField label={t("collections.new_date")} {...form.getInputProps("date")} />
        ) : (
          <NumberInput
            label={t("collections.days_later")}
            description={t("collections.days_later_hint")}
            min={-366}
            max={366}
            allowDecimal={false}
            clampBehavior="none"
            {...form.getInputProps("days")}
          />
        )}
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal">
            {t(what === "move" ? "collections.move" : "collections.copy")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

type ChangeDialogProps = {
  collections: readonly CalendarCollection[];
  onDone: (change: SharedChange) => void;
  onClose: () => void;
};

type Choice = "keep" | "yes" | "no";

type ChangeValues = {
  type: string | null;
  put_out: Choice;
  bring_in: Choice;
  times: boolean;
  from: string;
  to: string;
  noted: boolean;
  note: string;
};

/** Changes what all that is chosen have in common; what is left alone stays as it is. */
export function ChangeDialog({ collections, onDone, onClose }: ChangeDialogProps) {
  const { t } = useTranslation();
  const form = useForm<ChangeValues>({
    initialValues: {
      type: null,
      put_out: "keep",
      bring_in: "keep",
      times: false,
      from: "",
      to: "",
      noted: false,
      note: "",
    },
    validate: {
      bring_in: (bringIn, { put_out }) =>
        bringIn === "no" && put_out === "no" ? t("collections.work_needed") : null,
      to: (to, { times, from }) =>
        !times || (from === "" && to === "")
          ? null
          : from === "" || to === ""
            ? t("collections.times_both")
            : from >= to
              ? t("collections.times_order")
              : null,
      type: (type, values) =>
        type === null &&
        values.put_out === "keep" &&
        values.bring_in === "keep" &&
        !values.times &&
        !values.noted
          ? t("collections.change_needed")
          : null,
    },
  });
  const submit = (values: ChangeValues) =>
    onDone({
      ...(values.type !== null && { type: values.type }),
      ...(values.put_out !== "keep" && { put_out: values.put_out === "yes" }),
      ...(values.bring_in !== "keep" && { bring_in: values.bring_in === "yes" }),
      ...(values.times && { times: { from: values.from, to: values.to } }),
      ...(values.noted && { note: values.note.trim() }),
    });
  const choices = [
    { value: "keep", label: t("collections.unchanged") },
    { value: "yes", label: t("collections.yes") },
    { value: "no", label: t("collections.no") },
  ];
  return (
    <Dialog title={t("collections.change_title", { count: collections.length })} onClose={onClose}>
      <Form className={dialog.content} busy={false} onSubmit={form.onSubmit(submit)}>
        <KindSelect
          label={t("collections.kind")}
          placeholder={t("collections.unchanged")}
          clearable
          {...form.getInputProps("type")}
        />
        <div className={classes.pair}>
          <Select
            label={t("collections.put_out")}
            allowDeselect={false}
            data={choices}
            {...form.getInputProps("put_out")}
          />
          <Select
            label={t("collections.bring_in")}
            allowDeselect={false}
            data={choices}
            {...form.getInputProps("bring_in")}
          />
        </div>
        <Checkbox
          size="md"
          label={t("collections.change_times")}
          {...form.getInputProps("times", { type: "checkbox" })}
        />
        {form.values.times && (
          <div className={classes.pair}>
            <TextInput
              type="time"
              label={t("collections.time_from")}
              {...form.getInputProps("from")}
            />
            <TextInput type="time" label={t("collections.time_to")} {...form.getInputProps("to")} />
          </div>
        )}
        <Checkbox
          size="md"
          label={t("collections.change_note")}
          {...form.getInputProps("noted", { type: "checkbox" })}
        />
        {form.values.noted && (
          <Textarea
            label={t("collections.note")}
            autosize
            minRows={2}
            maxLength={500}
            {...form.getInputProps("note")}
          />
        )}
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal">
            {t("collections.change")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
