import type { TFunction } from "i18next";
import { nearMomentText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { isMailKind } from "./kinds";

/** What a message tells; a newer server may know kinds that this app has no word for. */
export function kindText(t: TFunction, kind: string): string {
  return isMailKind(kind) ? t(`mail.kinds.${kind}`) : kind;
}

/** "vandaag 18:05" in the company's time. */
export function momentText(t: TFunction, moment: string): string {
  return nearMomentText(moment, t, currentLanguage());
}

/** "1,2 MB" of 1024 × 1024 bytes, as the limits of mail count. */
export function sizeText(bytes: number, language: string): string {
  const format = (value: number, unit: string) =>
    `${new Intl.NumberFormat(language, { maximumFractionDigits: value < 10 && unit === "MB" ? 1 : 0 }).format(value)} ${unit}`;
  return bytes < 1024 * 1024
    ? format(Math.max(1, bytes / 1024), "kB")
    : format(bytes / 1024 / 1024, "MB");
}
