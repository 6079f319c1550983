import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconRepeat } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import { api, unwrap } from "@/shared/api/client";
import type { CalendarBuilding, CalendarCollection, Collection } from "@/shared/api/types";
import { dayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { changedMeanwhile, useRefusals } from "@/shared/refusals";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { Notice } from "@/shared/ui/view-states";
import { useStored } from "@/shared/use-stored";
import { useKinds } from "./kinds";
import { type Work, WorkFields, workChecks, workNames, workOf } from "./work-fields";

type EditDialogProps = {
  /** As it is stored now. */
  collection: CalendarCollection;
  /** Somebody else has deleted it meanwhile. */
  gone: boolean;
  building: CalendarBuilding | undefined;
  /** As it is now, and as it was. */
  onSaved: (collection: CalendarCollection, before: CalendarCollection) => void;
  onDelete: () => void;
  /** Asks for what is stored, after somebody else was faster. */
  onRefresh: () => void;
  onClose: () => void;
};

type Values = Work & { date: string | null };

const fields = { ...workNames, date: "date" } as const;

function valuesOf(collection: CalendarCollection): Values {
  return { ...workOf(collection), date: collection.date };
}

/** One collection. */
export function EditDialog({
  collection,
  gone,
  building,
  onSaved,
  onDelete,
  onRefresh,
  onClose,
}: EditDialogProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({
    initialValues: valuesOf(collection),
    validate: {
      ...workChecks(t),
      date: (date) => (date === null ? t("collections.days_needed") : null),
    },
  });
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored({
    stored: collection,
    factsOf: valuesOf,
    mine: form.values,
    adopt: (changed) => form.setValues(valuesOf(changed)),
  });
  const save = useMutation({
    mutationFn: ({ type, date, ...work }: Values): Promise<Collection> =>
      unwrap(
        api().PUT("/collections/{id}", {
          params: { path: { id: collection.id } },
          body: {
            ...work,
            type: type ?? "",
            date: date ?? "",
            building_id: collection.building_id,
            version: base.version,
          },
        }),
      ),
  });
  const { guard, release, closing } = useUnsavedGuard(dirty && !gone);
  const refusals = useRefusals(form, fields);
  const problem = changedMeanwhile(save.error)
    ? theirs === undefined
      ? t("changed.again")
      : undefined
    : refusals.problem(save.error);
  const decide = (decision: () => void) => () => {
    decision();
    save.reset();
  };
  return (
    <Dialog
      title={building === undefined ? t("collections.edit_title") : streetLine(building.address, t)}
      onClose={() => closing(onClose)}
      closeOnClickOutside={!dirty}
    >
      {guard}
      <Form
        className={dialog.content}
        busy={save.isPending}
        onSubmit={form.onSubmit((values) =>
          save.mutate(values, {
            onSuccess: ({ building: { id: building_id }, rule_date: _, ...saved }) => {
              release();
              onSaved({ ...saved, building_id }, base);
            },
            onError: (error) => {
              refusals.show(error);
              if (changedMeanwhile(error)) {
                onRefresh();
              }
            },
          }),
        )}
      >
        {building !== undefined && (
          <p className={dialog.text}>
            {cityLine(building.address)} ·{" "}
            <Link to="/manage/buildings/$buildingId" params={{ buildingId: building.id }}>
              {t("collections.to_building")}
            </Link>
          </p>
        )}
        {gone && <FormError>{t("collections.gone")}</FormError>}
        {problem !== undefined && <FormError>{problem}</FormError>}
        {theirs !== undefined && (
          <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
            <TheirFacts theirs={theirs} mine={form.values} />
          </ChangedMeanwhile>
        )}
        {collection.rule_id !== null && (
          <Notice icon={<IconRepeat size={20} aria-hidden />}>
            {t(collection.changed ? "collections.rule_left_alone" : "collections.rule_hint")}
          </Notice>
        )}
        <fieldset disabled={save.isPending || gone} className={dialog.fields}>
          <DateField label={t("collections.date")} {...form.getInputProps("date")} />
          <WorkFields form={form} />
        </fieldset>
        <div className={dialog.actions}>
          <Button disabled={gone} onClick={onDelete}>
            {t("collections.delete")}
          </Button>
          <Button onClick={() => closing(onClose)}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={save.isPending} disabled={gone}>
            {t("app.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** What the other version says where it differs from the form. */
function TheirFacts({ theirs, mine }: { theirs: CalendarCollection; mine: Values }) {
  const { t } = useTranslation();
  const kinds = useKinds();
  const says: [string, boolean, string][] = [
    [t("collections.date"), theirs.date !== mine.date, dayText(theirs.date, currentLanguage())],
    [t("collections.kind"), theirs.type !== mine.type, kinds.get(theirs.type)?.name ?? theirs.type],
    [t("collections.note"), theirs.note !== mine.note, theirs.note || "–"],
    [
      t("collections.time"),
      theirs.time_from !== mine.time_from || theirs.time_to !== mine.time_to,
      theirs.time_from === "" ? "–" : `${theirs.time_from}–${theirs.time_to}`,
    ],
    [
      t("collections.put_out"),
      theirs.put_out !== mine.put_out,
      t(theirs.put_out ? "collections.yes" : "collections.no"),
    ],
    [
      t("collections.bring_in"),
      theirs.bring_in !== mine.bring_in,
      t(theirs.bring_in ? "collections.yes" : "collections.no"),
    ],
  ];
  return (
    <ul>
      {says
        .filter(([, differs]) => differs)
        .map(([name, , value]) => (
          <li key={name}>
            {name}: {value}
          </li>
        ))}
    </ul>
  );
}
