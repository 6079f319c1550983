import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import type { MailTemplate } from "@/shared/api/types";
import { changedMeanwhile, problemText, refusedField } from "@/shared/refusals";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { Dialog } from "@/shared/ui/dialog";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { useStored } from "@/shared/use-stored";
import { LetterFields, letterProblem } from "./letter-fields";
import { MailPreview } from "./mail-preview";
import { useDeleteTemplate, useSaveTemplate } from "./queries";
import { BuildingField, type Choice, PersonField } from "./receiver-fields";
import classes from "./templates-page.module.css";
import { uses } from "./variables";

type Values = { name: string; subject: string; body: string };

const fields = { name: "name", subject: "subject", body: "body" } as const;

// What a template that is made starts from.
const nothing = { version: 0, name: "", subject: "", body: "" };

function valuesOf({ name, subject, body }: MailTemplate | typeof nothing): Values {
  return { name, subject, body };
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === "not_found";
}

type TemplateFormProps = {
  /** Undefined for a new one. */
  template: MailTemplate | undefined;
  /** To whom a preview is shown first. */
  reader: Choice;
  /** Asks for what is stored, after somebody else was faster. */
  onRefresh?: () => void;
  onSaved: (template: MailTemplate) => void;
  onDeleted?: (template: MailTemplate) => void;
  onClose: () => void;
};

/** Makes or changes a template. */
export function TemplateForm(props: TemplateFormProps) {
  const { template, reader, onRefresh, onSaved, onDeleted, onClose } = props;
  const { t } = useTranslation();
  const needed = (text: string) => (text.trim() === "" ? t("errors.reason.required") : null);
  const form = useForm<Values>({
    initialValues: valuesOf(template ?? nothing),
    validate: { name: needed, subject: needed, body: needed },
  });
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored<
    MailTemplate | typeof nothing,
    Values
  >({
    stored: template ?? nothing,
    factsOf: valuesOf,
    mine: form.values,
    adopt: (changed) => form.setValues(valuesOf(changed)),
  });
  const { guard, release } = useUnsavedGuard(dirty);
  // A colleague has deleted it meanwhile: what stands in the form is kept as a new one.
  const [gone, setGone] = useState(false);
  const save = useSaveTemplate(gone ? undefined : template?.id);
  const [previewing, setPreviewing] = useState(false);
  const field = refusedField(save.error, fields);
  const submit = (values: Values) =>
    save.mutate(
      { ...values, version: base.version },
      {
        onSuccess: (saved) => {
          release();
          onSaved(saved);
        },
        onError: (error) => {
          const refused = refusedField(error, fields);
          if (refused !== undefined) {
            form.setFieldError(refused, letterProblem(t, error, values));
          }
          if (changedMeanwhile(error)) {
            onRefresh?.();
          }
          if (isGone(error)) {
            setGone(true);
          }
        },
      },
    );
  const problem = changedMeanwhile(save.error)
    ? theirs === undefined
      ? t("changed.again")
      : undefined
    : isGone(save.error)
      ? t("templates.gone")
      : field === undefined
        ? letterProblem(t, save.error, form.values)
        : undefined;
  const decide = (decision: () => void) => () => {
    decision();
    save.reset();
  };
  return (
    <Form className={classes.form} busy={save.isPending} onSubmit={form.onSubmit(submit)}>
      {guard}
      {problem !== undefined && <FormError>{problem}</FormError>}
      {theirs !== undefined && (
        <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
          <TheirText theirs={valuesOf(theirs)} mine={form.values} />
        </ChangedMeanwhile>
      )}
      <fieldset disabled={save.isPending} className={classes.fields}>
        <TextInput
          label={t("templates.name")}
          description={t("templates.name_hint")}
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps("name")}
        />
        <LetterFields
          letter={form.values}
          onChange={({ subject, body }) => form.setValues({ subject, body })}
          errors={{
            subject: form.errors.subject as string | undefined,
            body: form.errors.body as string | undefined,
          }}
        />
      </fieldset>
      <div className={classes.actions}>
        <Button type="submit" variant="signal" loading={save.isPending}>
          {template === undefined || gone ? t("templates.add_submit") : t("app.save")}
        </Button>
        <Button
          onClick={() => {
            if (!form.validate().hasErrors) {
              setPreviewing(true);
            }
          }}
        >
          {t("letter.show_preview")}
        </Button>
        <Button onClick={onClose}>{t("app.cancel")}</Button>
        {template !== undefined && !gone && (
          <Delete
            template={template}
            onDeleted={() => {
              release();
              onDeleted?.(template);
            }}
          />
        )}
      </div>
      {previewing && (
        <TemplatePreview
          values={form.values}
          reader={reader}
          onClose={() => setPreviewing(false)}
        />
      )}
    </Form>
  );
}

/** What the other version says where it differs from the form. */
function TheirText({ theirs, mine }: { theirs: Values; mine: Values }) {
  const { t } = useTranslation();
  const labels = {
    name: t("templates.name"),
    subject: t("letter.subject"),
    body: t("letter.body"),
  };
  return (
    <dl className={classes.theirs}>
      {Object.values(fields)
        .filter((field) => theirs[field] !== mine[field])
        .map((field) => (
          <div key={field}>
            <dt>{labels[field]}</dt>
            <dd>{theirs[field]}</dd>
          </div>
        ))}
    </dl>
  );
}

type TemplatePreviewProps = { values: Values; reader: Choice; onClose: () => void };

function TemplatePreview({ values, reader, onClose }: TemplatePreviewProps) {
  const { t } = useTranslation();
  const [person, setPerson] = useState(reader);
  const [building, setBuilding] = useState<Choice>();
  const { subject, body } = values;
  const about = uses("building", subject, body);
  return (
    <Dialog title={t("letter.preview")} size="xl" onClose={onClose}>
      <div className={classes.fields}>
        <PersonField
          label={t("letter.preview_for")}
          placeholder={t("mail_write.people_placeholder")}
          chosen={person}
          onChange={(chosen) => chosen !== undefined && setPerson(chosen)}
        />
        {about && (
          <BuildingField
            label={t("mail_write.about")}
            placeholder={t("mail_write.building_placeholder")}
            chosen={building}
            onChange={setBuilding}
          />
        )}
        {about && building === undefined ? (
          <p className={classes.quiet}>{t("letter.choose_building")}</p>
        ) : (
          <MailPreview
            previewed={{
              subject,
              body,
              user_id: person.id,
              address: "",
              building_ids: building === undefined ? [] : [building.id],
            }}
          />
        )}
      </div>
    </Dialog>
  );
}

type DeleteProps = { template: MailTemplate; onDeleted: () => void };

function Delete({ template: { id, name }, onDeleted }: DeleteProps) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteTemplate(id);
  return (
    <>
      <Button onClick={() => setAsking(true)}>{t("templates.delete")}</Button>
      {asking && (
        <ConfirmDialog
          title={t("templates.delete_title", { name })}
          text={t("templates.delete_text")}
          confirm={t("templates.delete_confirm")}
          pending={remove.isPending}
          problem={problemText(t, remove.error)}
          onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
          onClose={() => {
            remove.reset();
            setAsking(false);
          }}
        />
      )}
    </>
  );
}
