import { Checkbox, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { CalendarCollection } from "@/shared/api/types";
import { KindSelect } from "./kind-select";
import classes from "./work-fields.module.css";

/** What a collection is, but for where and when. */
export type Work = {
  type: string | null;
  note: string;
  put_out: boolean;
  bring_in: boolean;
  time_from: string;
  time_to: string;
};

export const noWork: Work = {
  type: null,
  note: "",
  put_out: true,
  bring_in: true,
  time_from: "",
  time_to: "",
};

export function workOf(collection: CalendarCollection): Work {
  const { type, note, put_out, bring_in, time_from, time_to } = collection;
  return { type, note, put_out, bring_in, time_from, time_to };
}

/** The fields by the names that the API uses. */
export const workNames = {
  type: "type",
  note: "note",
  put_out: "put_out",
  bring_in: "put_out",
  time_from: "time_from",
  time_to: "time_to",
} as const;

/** What is wrong with them, as a form asks. */
export function workChecks(t: TFunction) {
  return {
    type: (type: string | null) => (type === null ? t("collections.kind_needed") : null),
    put_out: (putOut: boolean, { bring_in }: Work) =>
      putOut || bring_in ? null : t("collections.work_needed"),
    time_to: (to: string, { time_from: from }: Work) =>
      (from === "") !== (to === "")
        ? t("collections.times_both")
        : from !== "" && from >= to
          ? t("collections.times_order")
          : null,
  };
}

type WorkFieldsProps = {
  // Forms with more fields have these too.
  // biome-ignore lint/suspicious/noExplicitAny: the form of whichever dialog
  form: UseFormReturnType<any>;
};

export function WorkFields({ form }: WorkFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <KindSelect
        label={t("collections.kind")}
        placeholder={t("collections.choose_kind")}
        {...form.getInputProps("type")}
      />
      <div className={classes.pair}>
        <TextInput
          type="time"
          label={t("collections.time_from")}
          {...form.getInputProps("time_from")}
        />
        <TextInput
          type="time"
          label={t("collections.time_to")}
          {...form.getInputProps("time_to")}
        />
      </div>
      <div className={classes.pair}>
        <Checkbox
          size="md"
          label={t("collections.put_out")}
          {...form.getInputProps("put_out", { type: "checkbox" })}
        />
        <Checkbox
          size="md"
          label={t("collections.bring_in")}
          {...form.getInputProps("bring_in", { type: "checkbox" })}
        />
      </div>
      <Textarea
        label={t("collections.note")}
        description={t("collections.note_hint")}
        autosize
        minRows={2}
        maxLength={500}
        {...form.getInputProps("note")}
      />
    </>
  );
}
