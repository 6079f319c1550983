import { Button, Checkbox, Select, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { today } from "@/shared/dates";
import { useRefusals } from "@/shared/refusals";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { isTime, readTime, TimeField } from "@/shared/ui/time-field";
import { useWasteKinds, wasteKindName } from "@/shared/waste/use-waste-kinds";
import { WasteSwatch } from "@/shared/waste/waste-kind";
import pair from "./building-form.module.css";
import { type NewCollection, useAddCollection } from "./collection-queries";

type Values = Omit<NewCollection, "type" | "date"> & { type: string | null; date: string | null };

const fields = { type: "type", date: "date", note: "note", time_to: "time_to" } as const;

/** Adds one collection at a building, by hand. */
export function CollectionDialog({
  buildingId,
  onClose,
}: {
  buildingId: number;
  onClose: () => void;
}) {
  const { t, i18n } = useTranslation();
  const kinds = useWasteKinds();
  const add = useAddCollection(buildingId);
  const form = useForm<Values>({
    initialValues: {
      type: null,
      date: null,
      note: "",
      put_out: true,
      bring_in: true,
      time_from: "",
      time_to: "",
    },
    validate: {
      type: (type) => (type === null ? t("building_collections.kind_needed") : null),
      date: (date) => (date === null ? t("building_collections.date_needed") : null),
      bring_in: (bringIn, { put_out: putOut }) =>
        bringIn || putOut ? null : t("building_collections.work_needed"),
      time_from: (from) => (isTime(readTime(from)) ? null : t("building_collections.time_wrong")),
      time_to: (to, { time_from: from }) =>
        !isTime(readTime(to))
          ? t("building_collections.time_wrong")
          : (from === "") !== (to === "")
            ? t("building_collections.times_both")
            : from !== "" && readTime(from) >= readTime(to)
              ? t("building_collections.times_order")
              : null,
    },
  });
  const refusals = useRefusals(form, fields);
  const problem = refusals.problem(add.error);
  const chosen = form.values.type === null ? undefined : kinds.kind(form.values.type);
  return (
    <Dialog
      title={t("building_collections.add")}
      onClose={onClose}
      closeOnClickOutside={!form.isDirty()}
    >
      <Form
        className={classes.content}
        busy={add.isPending}
        onSubmit={form.onSubmit(({ type, date, ...rest }) =>
          add.mutate(
            {
              ...rest,
              type: type ?? "",
              date: date ?? "",
              time_from: readTime(rest.time_from),
              time_to: readTime(rest.time_to),
            },
            { onSuccess: onClose, onError: refusals.show },
          ),
        )}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={add.isPending} className={classes.fields}>
          <Select
            label={t("building_collections.kind")}
            placeholder={t("building_collections.kind_placeholder")}
            allowDeselect={false}
            data-autofocus
            leftSection={chosen !== undefined && <WasteSwatch kind={chosen} size={24} />}
            data={kinds.all
              .filter(({ archived }) => !archived)
              .map((kind) => ({ value: kind.code, label: wasteKindName(kind, i18n.language) }))}
            {...form.getInputProps("type")}
          />
          <DateField
            label={t("building_collections.date")}
            minDate={today()}
            {...form.getInputProps("date")}
          />
          <div className={pair.pair}>
            <TimeField
              label={t("building_collections.time_from")}
              {...form.getInputProps("time_from")}
            />
            <TimeField
              label={t("building_collections.time_to")}
              {...form.getInputProps("time_to")}
            />
          </div>
          <Checkbox
            label={t("building_collections.do_put_out")}
            {...form.getInputProps("put_out", { type: "checkbox" })}
          />
          <Checkbox
            label={t("building_collections.do_bring_in")}
            {...form.getInputProps("bring_in", { type: "checkbox" })}
          />
          <Textarea
            label={t("building_collections.note")}
            description={t("building_collections.note_hint")}
            autosize
            minRows={2}
            maxLength={500}
            {...form.getInputProps("note")}
          />
        </fieldset>
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={add.isPending}>
            {t("building_collections.add_submit")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
