import type { TFunction } from "i18next";

const reasons = [
  "skipped",
  "holiday",
  "held",
  "same_date",
  "already_collected",
  "archived",
  "deleted",
  "changed",
] as const;

/** Why a rule makes no collection on a date; the holiday's name where there is one. */
export function skipText(t: TFunction, reason: string, holiday?: string): string {
  const known = reasons.find((one) => one === reason);
  if (known === "holiday" && holiday !== undefined) {
    return t("rules.skip_holiday", { holiday });
  }
  return known === undefined ? reason : t(`rules.skipped.${known}`);
}
