import { ApiError } from "./api/client";

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
