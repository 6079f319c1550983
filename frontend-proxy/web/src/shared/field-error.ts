import type { TFunction } from "i18next";
import { ApiError } from "./api/client";
import { errorText } from "./i18n/error-text";

/** The field of a form that a refusal is about, by the name the API uses; undefined when the form has no such field. */
export function refusedField<Field extends string>(
  error: unknown,
  fields: readonly Field[],
): Field | undefined {
  return error instanceof ApiError ? fields.find((field) => field === error.field) : undefined;
}

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
