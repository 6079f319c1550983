import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { CalendarBuilding, CalendarCollection } from "@/shared/api/types";
import { RefusedRows } from "@/shared/day-grid/refused-rows";
import { useRefusals } from "@/shared/refusals";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { Notice } from "@/shared/ui/view-states";
import { KindSelect } from "./kind-select";
import { isEmpty, selectionOf, type Target, TargetField } from "./target-field";
import { usePlaceText } from "./use-place-text";
import classes from "./work-fields.module.css";

type MoveKindDialogProps = {
  target: Target;
  known: readonly CalendarBuilding[];
  /** Those that were moved, as they are now, and the day from which they came. */
  onMoved: (collections: readonly CalendarCollection[], from: string) => void;
  onClose: () => void;
};

type Values = { type: string | null; from: string | null; to: string | null; target: Target };

const fields = { type: "type", from: "from", to: "to", building_ids: "target" } as const;

/** All collections of a kind on a date go to another one, as when the waste company comes a day later. */
export function MoveKindDialog({ target, known, onMoved, onClose }: MoveKindDialogProps) {
  const { t } = useTranslation();
  const needed = (day: string | null) => (day === null ? t("collections.days_needed") : null);
  const form = useForm<Values>({
    initialValues: { type: null, from: null, to: null, target },
    validate: {
      type: (type) => (type === null ? t("collections.kind_needed") : null),
      from: needed,
      to: (to, { from }) => needed(to) ?? (to === from ? t("collections.other_date_needed") : null),
      target: (where) => (isEmpty(where) ? t("collections.where_needed") : null),
    },
  });
  const move = useMutation({
    mutationFn: ({ type, from, to, target: where }: Values) =>
      unwrap(
        api().POST("/planning/collections/move", {
          body: { type: type ?? "", from: from ?? "", to: to ?? "", ...selectionOf(where) },
        }),
      ),
  });
  const refusals = useRefusals(form, fields);
  const text = usePlaceText(known);
  const inTheWay = move.error instanceof ApiError ? move.error.ids : [];
  const problem = inTheWay.length > 0 ? undefined : refusals.problem(move.error);
  return (
    <Dialog title={t("collections.move_kind")} onClose={onClose}>
      <Form
        className={dialog.content}
        busy={move.isPending}
        onSubmit={form.onSubmit((values) =>
          move.mutate(values, {
            onSuccess: ({ items }) => {
              if (items.length > 0) {
                onMoved(items, values.from ?? "");
              }
            },
            onError: (error) => {
              if (!(error instanceof ApiError) || error.ids.length === 0) {
                refusals.show(error);
              }
            },
          }),
        )}
      >
        <p className={dialog.text}>{t("collections.move_kind_text")}</p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        {inTheWay.length > 0 && (
          <FormError>
            {t("collections.refused.moved")}
            <RefusedRows
              rows={inTheWay.map((id) => ({
                key: String(id),
                text: text({
                  building_id: id,
                  type: form.values.type ?? "",
                  date: form.values.to ?? "",
                }),
                reason: "already_collected",
              }))}
            />
          </FormError>
        )}
        {move.data?.items.length === 0 && <Notice>{t("collections.nothing_to_move")}</Notice>}
        <fieldset disabled={move.isPending} className={dialog.fields}>
          <KindSelect
            label={t("collections.kind")}
            placeholder={t("collections.choose_kind")}
            {...form.getInputProps("type")}
          />
          <div className={classes.pair}>
            <DateField label={t("collections.from_date")} {...form.getInputProps("from")} />
            <DateField label={t("collections.to_new_date")} {...form.getInputProps("to")} />
          </div>
          <TargetField known={known} {...form.getInputProps("target")} value={form.values.target} />
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={move.isPending}>
            {t("collections.move")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
