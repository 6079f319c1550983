import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, api, unwrap } from "@/shared/api/client";
import type { CalendarBuilding } from "@/shared/api/types";
import { RefusedRows } from "@/shared/day-grid/refused-rows";
import { useRefusals } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { DaysField } from "./days-field";
import { buildingsOf, isEmpty, type Target, TargetField } from "./target-field";
import { usePlaceText } from "./use-place-text";
import { noWork, type Work, WorkFields, workChecks, workNames } from "./work-fields";

export type NewCollections = { target: Target; days: readonly string[] };

type NewDialogProps = {
  initial: NewCollections;
  known: readonly CalendarBuilding[];
  onMade: (ids: readonly number[]) => void;
  onClose: () => void;
};

type Values = Work & { target: Target; days: string[] };

const fields = { ...workNames, building_ids: "target", dates: "days" } as const;

/** Collections of one kind: many buildings, many days. */
export function NewDialog({ initial, known, onMade, onClose }: NewDialogProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({
    initialValues: { ...noWork, target: initial.target, days: [...initial.days] },
    validate: {
      ...workChecks(t),
      target: (target) => (isEmpty(target) ? t("collections.where_needed") : null),
      days: (days) => (days.length === 0 ? t("collections.days_needed") : null),
    },
  });
  const [asked, setAsked] = useState<{ buildings: CalendarBuilding[]; days: string[] }>();
  const make = useMutation({
    mutationFn: async ({ target, days, type, ...work }: Values) => {
      const buildings = await buildingsOf(target, days[0] ?? "");
      setAsked({ buildings, days });
      return unwrap(
        api().POST("/planning/collections", {
          body: {
            ...work,
            type: type ?? "",
            building_ids: buildings.map(({ id }) => id),
            dates: days,
          },
        }),
      );
    },
  });
  const { guard, release } = useUnsavedGuard(form.isDirty());
  const refusals = useRefusals(form, fields);
  const text = usePlaceText([...(asked?.buildings ?? []), ...known]);
  const rows = make.error instanceof ApiError ? make.error.rows : [];
  const problem = rows.length > 0 ? undefined : refusals.problem(make.error);
  return (
    <Dialog
      title={t("collections.new_title")}
      onClose={onClose}
      closeOnClickOutside={!form.isDirty()}
    >
      {guard}
      <Form
        className={dialog.content}
        busy={make.isPending}
        onSubmit={form.onSubmit((values) =>
          make.mutate(values, {
            onSuccess: ({ ids }) => {
              release();
              onMade(ids);
            },
            onError: (error) => {
              if (!(error instanceof ApiError) || error.rows.length === 0) {
                refusals.show(error);
              }
            },
          }),
        )}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        {rows.length > 0 && asked !== undefined && (
          <FormError>
            {t("collections.refused.made")}
            <RefusedRows
              rows={rows.map(({ index, reason }) => ({
                key: String(index),
                text: text({
                  building_id:
                    asked.buildings[
                      rows.length > 0 &&
                      make.error instanceof ApiError &&
                      make.error.field === "dates"
                        ? Math.floor(index / asked.days.length)
                        : index
                    ]?.id ?? 0,
                  type: form.values.type ?? "",
                  date: asked.days[index % asked.days.length] ?? "",
                }),
                reason,
              }))}
            />
          </FormError>
        )}
        <fieldset disabled={make.isPending} className={dialog.fields}>
          <TargetField known={known} {...form.getInputProps("target")} value={form.values.target} />
          <DaysField
            label={t("collections.days")}
            {...form.getInputProps("days")}
            value={form.values.days}
          />
          <WorkFields form={form} />
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={make.isPending}>
            {t("collections.new_submit")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
