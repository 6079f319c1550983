/** What the server says that happened: those of internal/audit/kind.go, in the order of the choices. */
export const auditKinds = [
  "account.created",
  "account.changed",
  "account.role_changed",
  "account.regions_changed",
  "account.email_change_requested",
  "account.email_changed",
  "account.password_changed",
  "account.reset_requested",
  "account.password_reset",
  "account.deactivated",
  "account.reactivated",
  "account.anonymised",
  "availability.changed",
  "swap.asked",
  "swap.taken",
  "swap.given_back",
  "swap.withdrawn",
  "swap.approved",
  "swap.refused",
  "swap.lapsed",
  "absence.created",
  "absence.changed",
  "absence.deleted",
  "second_factor.enrolled",
  "second_factor.removed",
  "second_factor.reset",
  "second_factor.codes_renewed",
  "second_factor.recovery_code_used",
  "session.started",
  "session.confirmed",
  "session.ended",
  "token.created",
  "token.withdrawn",
  "invitation.created",
  "invitation.changed",
  "invitation.renewed",
  "invitation.accepted",
  "invitation.withdrawn",
  "region.created",
  "region.changed",
  "region.deleted",
  "building.created",
  "building.changed",
  "building.public_id_renewed",
  "building.photo_changed",
  "building.photo_removed",
  "building.archived",
  "building.unarchived",
  "comment.created",
  "comment.changed",
  "comment.deleted",
  "manual.added",
  "manual.changed",
  "manual.deleted",
  "tour.created",
  "tour.changed",
  "tour.stops_changed",
  "tour.rhythm_changed",
  "tour.archived",
  "tour.unarchived",
  "run.planned",
  "run.changed",
  "run.started",
  "run.stops_seen",
  "run.completed",
  "run.cancelled",
  "visit.step",
  "visit.outcome",
  "visit.corrected",
  "picture.added",
  "picture.removed",
  "remark.created",
  "remark.changed",
  "remark.deleted",
  "collection.created",
  "collection.changed",
  "collection.deleted",
  "collection.restored",
  "collection.generated",
  "collection_rule.created",
  "collection_rule.changed",
  "collection_rule.archived",
  "collection_rule.unarchived",
  "calendar.created",
  "calendar.renewed",
  "calendar.withdrawn",
  "waste_kind.created",
  "waste_kind.changed",
  "waste_kind.archived",
  "waste_kind.unarchived",
  "incident.opened",
  "incident.changed",
  "incident.acknowledged",
  "incident.resolved",
  "incident.reopened",
  "incident.commented",
  "incident.picture_added",
  "incident.picture_removed",
  "incident.reporter_forgotten",
  "mail.sent",
  "mail.summary_sent",
  "mail.resent",
  "mail.test_sent",
  "mail.template_created",
  "mail.template_changed",
  "mail.template_deleted",
  "mail.preferences_changed",
  "notification_device.added",
  "notification_device.removed",
] as const;
export type AuditKind = (typeof auditKinds)[number];

export function isAuditKind(value: unknown): value is AuditKind {
  return auditKinds.some((kind) => kind === value);
}

/** The part of a kind before its point. */
export type AuditGroup = AuditKind extends `${infer Group}.${string}` ? Group : never;

export function groupOf(kind: AuditKind): AuditGroup {
  return kind.slice(0, kind.indexOf(".")) as AuditGroup;
}

/** What something can happen to, in the order of the choices. */
export const thingKinds = [
  "account",
  "session",
  "token",
  "invitation",
  "region",
  "building",
  "tour",
  "run",
  "visit",
  "picture",
  "remark",
  "collection",
  "collection_rule",
  "calendar",
  "waste_kind",
  "incident",
  "mail",
  "sending",
  "day_summary",
  "template",
] as const;
export type ThingKind = (typeof thingKinds)[number];

export function isThingKind(value: unknown): value is ThingKind {
  return thingKinds.some((kind) => kind === value);
}

/** Those that are chosen by name. */
const namedKinds = ["account", "region", "building", "tour"] as const;
export type NamedKind = (typeof namedKinds)[number];

export function isNamedKind(value: unknown): value is NamedKind {
  return namedKinds.some((kind) => kind === value);
}
