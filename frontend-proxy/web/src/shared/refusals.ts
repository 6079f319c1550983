import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { ApiError } from "./api/client";
import { errorText } from "./i18n/error-text";

/** True when somebody else has changed the thing since it was loaded. */
export function changedMeanwhile(error: unknown): boolean {
  return error instanceof ApiError && error.reason === "changed_meanwhile";
}

/** The sentence for what went wrong, none when nothing did; `inUse` says what it is that still needs the thing. */
export function problemText(t: TFunction, error: unknown, inUse?: string): string | undefined {
  if (error === null || error === undefined) {
    return undefined;
  }
  return inUse !== undefined && error instanceof ApiError && error.reason === "in_use"
    ? inUse
    : errorText(t, error);
}

/** The field of a form that a refusal is about; undefined when the form has no such field. */
export function refusedField<Field extends string>(
  error: unknown,
  fields: Readonly<Record<string, Field>>,
): Field | undefined {
  return error instanceof ApiError &&
    error.field !== undefined &&
    Object.hasOwn(fields, error.field)
    ? fields[error.field]
    : undefined;
}

type FormWithErrors = { setFieldError: (field: never, text: string) => void };

/**
 * Shows refusals of the API where they belong: `show` puts one at its field, `problem` is the sentence for every other
 * failure. `fields` are the form's fields by the names the API uses.
 */
export function useRefusals<Field extends string>(
  form: FormWithErrors,
  fields: Readonly<Record<string, Field>>,
  inUse?: string,
): { show: (error: unknown) => void; problem: (error: unknown) => string | undefined } {
  const { t } = useTranslation();
  const sentence = (error: unknown) => problemText(t, error, inUse);
  return {
    show: (error) => {
      const field = refusedField(error, fields);
      if (field !== undefined) {
        form.setFieldError(field as never, sentence(error) ?? "");
      }
    },
    problem: (error) => (refusedField(error, fields) === undefined ? sentence(error) : undefined),
  };
}
