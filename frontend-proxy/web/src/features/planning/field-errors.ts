import type { TFunction } from "i18next";
import { ApiError } from "@/shared/api/client";
import { errorText } from "@/shared/i18n/error-text";

/** The form's fields by the names the API uses. */
const fields = {
  tour_id: "tour",
  tour: "tour",
  worker_id: "worker",
  worker: "worker",
  date: "date",
} as const;

export type PlanField = (typeof fields)[keyof typeof fields];

/** Where a refusal belongs: at its field, or above the form when it names none that the form has. */
export function refusalOf(
  t: TFunction,
  error: unknown,
): { field: PlanField | undefined; text: string } {
  const name = error instanceof ApiError ? error.field : undefined;
  const field =
    name !== undefined && name in fields ? fields[name as keyof typeof fields] : undefined;
  return { field, text: errorText(t, error) };
}
