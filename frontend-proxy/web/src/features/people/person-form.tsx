import { Button, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Person } from "@/shared/api/types";
import { languages } from "@/shared/i18n/i18n";
import { phoneNumber, phoneText } from "@/shared/phone";
import { changedMeanwhile, useRefusals } from "@/shared/refusals";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { useStored } from "@/shared/use-stored";
import classes from "./person-form.module.css";
import { factsOf, type PersonFacts, useChangePerson } from "./queries";

const fields = {
  first_name: "first_name",
  last_name: "last_name",
  phone: "phone",
  language: "language",
} as const;

type PersonFormProps = {
  person: Person;
  onSaved: (person: Person) => void;
  onClose: () => void;
};

/** Changes names, phone and language of a person. */
export function PersonForm({ person, onSaved, onClose }: PersonFormProps) {
  const { t } = useTranslation();
  const form = useForm<PersonFacts>({
    initialValues: factsOf(person),
    validate: {
      first_name: (value) => (value.trim() === "" ? t("person.first_name_needed") : null),
      last_name: (value) => (value.trim() === "" ? t("person.last_name_needed") : null),
    },
  });
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored({
    stored: person,
    factsOf,
    mine: form.values,
    adopt: (changed) => form.setValues(factsOf(changed)),
  });
  const { guard, release } = useUnsavedGuard(dirty);
  const save = useChangePerson(person.id);
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
    <Form
      className={dialog.content}
      busy={save.isPending}
      onSubmit={form.onSubmit((values) =>
        save.mutate(
          {
            ...values,
            first_name: values.first_name.trim(),
            last_name: values.last_name.trim(),
            phone: phoneNumber(values.phone),
            version: base.version,
          },
          {
            onSuccess: (saved) => {
              release();
              onSaved(saved);
            },
            onError: refusals.show,
          },
        ),
      )}
    >
      {guard}
      {problem !== undefined && <FormError>{problem}</FormError>}
      {/* Not what the save itself has just stored, in the form in which it is kept. */}
      {theirs !== undefined && !save.isPending && !save.isSuccess && (
        <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
          <TheirFacts theirs={theirs} mine={form.values} />
        </ChangedMeanwhile>
      )}
      <fieldset disabled={save.isPending} className={dialog.fields}>
        <TextInput
          label={t("person.first_name")}
          maxLength={100}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("first_name")}
        />
        <TextInput
          label={t("person.last_name")}
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps("last_name")}
        />
        <TextInput
          label={t("person.phone")}
          description={t("person.phone_hint")}
          type="tel"
          maxLength={40}
          autoComplete="off"
          {...form.getInputProps("phone")}
        />
        <Select
          label={t("person.language")}
          description={t("person.language_hint")}
          allowDeselect={false}
          data={languages.map((value) => ({ value, label: t(`app.languages.${value}`) }))}
          {...form.getInputProps("language")}
        />
      </fieldset>
      <div className={classes.actions}>
        <Button type="submit" variant="signal" loading={save.isPending}>
          {t("app.save")}
        </Button>
        <Button onClick={onClose}>{t("app.cancel")}</Button>
      </div>
    </Form>
  );
}

/** What the other version says where it differs from the form. */
function TheirFacts({ theirs, mine }: { theirs: PersonFacts; mine: PersonFacts }) {
  const { t } = useTranslation();
  const says = {
    first_name: theirs.first_name,
    last_name: theirs.last_name,
    phone: theirs.phone === "" ? "–" : phoneText(theirs.phone),
    language: t(`app.languages.${theirs.language}`),
  };
  return (
    <dl className={classes.theirs}>
      {(Object.keys(says) as (keyof typeof says)[])
        .filter((field) => theirs[field] !== mine[field])
        .map((field) => (
          <div key={field}>
            <dt>{t(`person.${field}`)}</dt>
            <dd>{says[field]}</dd>
          </div>
        ))}
    </dl>
  );
}
