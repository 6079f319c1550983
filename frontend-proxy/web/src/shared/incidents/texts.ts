import type { TFunction } from "i18next";
import type { Incident } from "../api/types";
import { nearMomentText } from "../dates";
import { currentLanguage } from "../i18n/i18n";

/** Who reported it, as far as one may know. */
export function reporterText(t: TFunction, incident: Incident): string {
  const { reported_through: through, reported_by: person } = incident;
  if (through === "resident") {
    return t("incidents.anonymous_resident");
  }
  return person === null || person.name === ""
    ? t(`incidents.through.${through}`)
    : t("incidents.reported_by", { name: person.name, through: t(`incidents.through.${through}`) });
}

/** "vandaag 18:05" in the company's time. */
export function momentText(t: TFunction, moment: string): string {
  return nearMomentText(moment, t, currentLanguage());
}
