import i18next, { type TFunction } from "i18next";
import { ApiError } from "../api/client";
import { nearMomentText } from "../dates";
import { currentLanguage } from "./i18n";
import type shell from "./nl/shell.json";
import nl from "./nl/start.json";

type Reason = keyof typeof nl.errors.reason;
type LateReason = keyof typeof shell.refusal;
type Code = keyof typeof nl.errors.code;

function isReason(value: string | undefined): value is Reason {
  return value !== undefined && value in nl.errors.reason;
}

// Those that no page before sign-in is given; their texts come with the shell.
function lateKey(reason: string | undefined): `refusal.${LateReason}` | undefined {
  const key = `refusal.${reason}`;
  return i18next.exists(key) ? (key as `refusal.${LateReason}`) : undefined;
}

function isCode(value: string): value is Code {
  return value in nl.errors.code;
}

/** The sentence for a failure: by the server's stable reason, else by its code. */
export function errorText(t: TFunction, error: unknown): string {
  if (!(error instanceof ApiError)) {
    return t("errors.code.unknown");
  }
  if (isReason(error.reason)) {
    return t(`errors.reason.${error.reason}`);
  }
  const late = lateKey(error.reason);
  if (late !== undefined) {
    return t(late, {
      since: error.since && nearMomentText(error.since, t, currentLanguage()),
    });
  }
  return t(isCode(error.code) ? `errors.code.${error.code}` : "errors.code.unknown");
}

/** The same for a failure that was stored as plain text. */
export function storedErrorText(
  t: TFunction,
  code: string,
  reason: string | undefined,
  since?: string,
): string {
  return errorText(t, new ApiError({ status: 0, code, message: "", reason, since }));
}
