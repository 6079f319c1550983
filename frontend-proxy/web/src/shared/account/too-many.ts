import type { TFunction } from "i18next";
import { ApiError } from "../api/client";

/** How long to wait after too many attempts; undefined for any other failure. */
export function tooManyText(t: TFunction, error: unknown): string | undefined {
  if (error instanceof ApiError && error.reason === "rate_limited") {
    return t("sign_in.too_many", { count: Math.max(1, Math.ceil((error.retryAfter ?? 60) / 60)) });
  }
  return undefined;
}
