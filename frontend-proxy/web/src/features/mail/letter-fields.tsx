import { Button, Textarea, TextInput } from "@mantine/core";
import type { TFunction } from "i18next";
import { useRef } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import { problemText } from "@/shared/refusals";
import classes from "./letter-fields.module.css";
import { unknownVariable, variables } from "./variables";

export type Letter = { subject: string; body: string };

const maxSubject = 200;
const maxBody = 10_000;

type Field = keyof Letter;

type LetterFieldsProps = {
  letter: Letter;
  onChange: (letter: Letter) => void;
  errors: Partial<Record<Field, string | undefined>>;
};

/** Subject and text of a mail, with buttons that put variables where the cursor is. */
export function LetterFields({ letter, onChange, errors }: LetterFieldsProps) {
  const { t } = useTranslation();
  const subject = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLTextAreaElement>(null);
  const last = useRef<Field>("body");
  const insert = (text: string) => {
    const field = last.current;
    const element = { subject, body }[field].current;
    const value = letter[field];
    const [from, to] = [
      element?.selectionStart ?? value.length,
      element?.selectionEnd ?? value.length,
    ];
    const next = value.slice(0, from) + text + value.slice(to);
    flushSync(() => onChange({ ...letter, [field]: next }));
    element?.focus();
    element?.setSelectionRange(from + text.length, from + text.length);
  };
  return (
    <>
      <TextInput
        ref={subject}
        label={t("letter.subject")}
        maxLength={maxSubject}
        autoComplete="off"
        value={letter.subject}
        error={errors.subject}
        onFocus={() => {
          last.current = "subject";
        }}
        onChange={(event) => onChange({ ...letter, subject: event.currentTarget.value })}
      />
      <Textarea
        ref={body}
        label={t("letter.body")}
        description={t("letter.body_hint")}
        autosize
        minRows={8}
        maxRows={24}
        maxLength={maxBody}
        value={letter.body}
        error={errors.body}
        onFocus={() => {
          last.current = "body";
        }}
        onChange={(event) => onChange({ ...letter, body: event.currentTarget.value })}
      />
      <fieldset className={classes.variables}>
        <legend>{t("letter.variables")}</legend>
        <p className={classes.hint}>{t("letter.variables_hint")}</p>
        <div className={classes.buttons}>
          {variables.map((variable) => (
            <Button
              key={variable}
              aria-label={t("letter.insert", { variable: t(`letter.variable.${variable}`) })}
              title={`{{${variable}}}`}
              onClick={() => insert(`{{${variable}}}`)}
            >
              {t(`letter.variable.${variable}`)}
            </Button>
          ))}
        </div>
      </fieldset>
    </>
  );
}

/** What is wrong with a text: an unknown variable is named. */
export function letterProblem(t: TFunction, error: unknown, letter: Letter): string | undefined {
  if (error instanceof ApiError && error.reason === "unknown_variable") {
    const field = error.field === "subject" ? "subject" : "body";
    const variable = unknownVariable(letter[field]);
    if (variable !== undefined) {
      return t("letter.unknown_variable", { variable });
    }
  }
  return problemText(t, error);
}
