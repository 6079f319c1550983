import type { TFunction } from "i18next";
import { ApiError } from "@/shared/api/client";
import { problemText } from "@/shared/refusals";
import { NotAllowed } from "./this-device";

/** Why notifications could not be turned on: the person, the server, or the vendor of the browser, which says no more than that. */
export function turnOnProblem(t: TFunction, error: Error | null): string | undefined {
  if (error instanceof NotAllowed) {
    return t("notifications.not_allowed");
  }
  return error instanceof ApiError ? problemText(t, error) : t("notifications.vendor_failed");
}
