import type { TFunction } from "i18next";
import { isRole } from "@/shared/account/roles";
import type { AuditActor, AuditThing } from "@/shared/api/types";
import { dayText, isDay, nearMomentText } from "@/shared/dates";
import { currentLanguage, languages } from "@/shared/i18n/i18n";
import { changedFacts, factsOf, isEmpty } from "./facts";
import { isAuditKind, isThingKind, type NamedKind } from "./kinds";
import type { AuditChange, Names } from "./queries";

/** What happened; a newer server may know kinds that this app has no words for. */
export function kindText(t: TFunction, kind: string): string {
  return isAuditKind(kind) ? t(`audit.kinds.${kind}`) : t("audit.other_change", { kind });
}

export function thingKindText(t: TFunction, kind: string): string {
  return isThingKind(kind) ? t(`audit.things.${kind}`) : kind;
}

/** Who did it. */
export function actorText(t: TFunction, { user_id: id, name, address }: AuditActor): string {
  if (name !== "") {
    return name;
  }
  if (id !== 0) {
    return t("audit.somebody_gone", { id });
  }
  return address === "" ? t("audit.system") : t("audit.stranger");
}

/** What it happened to, by the name that people know it by. */
export function thingText(t: TFunction, { thing, before, after, names }: AuditChange): string {
  if (thing.name !== "") {
    return thing.name;
  }
  const facts = { ...factsOf(before), ...factsOf(after) };
  const kind = thingKindText(t, thing.kind);
  for (const fact of [facts.email, facts.name]) {
    if (typeof fact === "string" && fact !== "") {
      return fact;
    }
  }
  const places = [nameOf(names, "run", facts.run_id), nameOf(names, "building", facts.building_id)];
  const place = places.filter((name) => name !== undefined).join(", ");
  if (["picture", "remark", "collection"].includes(thing.kind) && place !== "") {
    return place;
  }
  const name = nameOf(names, "account", facts.user_id);
  if (name !== undefined) {
    return t("audit.of_person", { thing: kind, name });
  }
  return numbered(t, thing);
}

function numbered(t: TFunction, { kind, id }: Pick<AuditThing, "kind" | "id">): string {
  return t("audit.numbered", { thing: thingKindText(t, kind), id });
}

function nameOf(names: Names, kind: string, id: unknown): string | undefined {
  return typeof id === "number" ? names[`${kind}:${id}`] : undefined;
}

/** The names of the facts that a change is about: "Naam, Syndicus". */
export function changedText(t: TFunction, change: AuditChange): string {
  if (factsOf(change.before) === undefined || factsOf(change.after) === undefined) {
    return "";
  }
  return changedFacts(change.before, change.after)
    .flatMap(({ field, is }) => (field === "changed" && Array.isArray(is) ? is.map(String) : field))
    .map((field) => fieldText(t, field))
    .join(", ");
}

/** What people call a fact. */
export function fieldText(t: TFunction, field: string): string {
  const words = field.replaceAll("_", " ");
  // The preferences of mail are kept by the kind of mail.
  return t(`audit.fields.${field}` as "audit.fields.name", {
    defaultValue: t(`mail.kinds.${field}` as "mail.kinds.test", { defaultValue: words }),
  });
}

// Of which kind the ids are that facts hold.
const kindOfIds: Readonly<Record<string, NamedKind | "run">> = {
  user_id: "account",
  user_ids: "account",
  cc_user_ids: "account",
  worker_id: "account",
  usual_walker_ids: "account",
  syndic_id: "account",
  syndic_ids: "account",
  invited_by: "account",
  planned_by: "account",
  responsible_id: "account",
  region_id: "region",
  region_ids: "region",
  building_id: "building",
  building_ids: "building",
  tour_id: "tour",
  run_id: "run",
};

/** A fact as people say it; a list has a text an entry. */
export function valueTexts(t: TFunction, field: string, value: unknown, names: Names): string[] {
  if (isEmpty(value)) {
    return [t("audit.none")];
  }
  if (field === "picture_ids" && Array.isArray(value)) {
    return [String(value.length)];
  }
  if (Array.isArray(value)) {
    return value.map((item) => valueText(t, field, item, names));
  }
  return [valueText(t, field, value, names)];
}

const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:/;

function valueText(t: TFunction, field: string, value: unknown, names: Names): string {
  const kind = kindOfIds[field];
  if (kind !== undefined && typeof value === "number") {
    return nameOf(names, kind, value) ?? numbered(t, { kind, id: String(value) });
  }
  if (typeof value === "boolean") {
    return value ? t("audit.yes") : t("audit.no");
  }
  if (typeof value === "number") {
    return field === "agreed_minutes" ? t("audit.minutes", { count: value }) : String(value);
  }
  if (typeof value !== "string") {
    return JSON.stringify(value);
  }
  if (moment.test(value)) {
    return nearMomentText(value, t, currentLanguage());
  }
  if (isDay(value)) {
    return dayText(value, currentLanguage());
  }
  return wordText(t, field, value);
}

/** A word of the server in the words of the app; everything else as it is. */
function wordText(t: TFunction, field: string, value: string): string {
  const or = { defaultValue: value };
  switch (field) {
    case "role":
      return isRole(value) ? t(`role.${value}`) : value;
    case "language":
      return languages.some((language) => language === value)
        ? t(`app.languages.${value}` as "app.languages.nl")
        : value;
    case "status":
      return t(`run_status.${value}` as "run_status.planned", or);
    case "outcome":
      return t(`segment.${value}` as "segment.done", or);
    case "step":
      return t(`step.${value}` as "step.arrival", or);
    case "scope":
      return t(`tokens.scope_${value}` as "tokens.scope_read", or);
    case "state":
      return t(`audit.session_${value}` as "audit.session_active", or);
    case "kind":
      return t(`mail.kinds.${value}` as "mail.kinds.test", or);
    case "changed":
      return fieldText(t, value);
    case "runs":
    case "reminder":
    case "run-late":
    case "stops":
    case "day-summary":
      return t(`mail_preferences.${value}` as "mail_preferences.on", or);
    default:
      return value;
  }
}
