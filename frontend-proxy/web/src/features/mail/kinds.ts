/** What mail tells, as the log names it. */
export const mailKinds = [
  "invitation",
  "password-reset",
  "password-changed",
  "email-change",
  "email-changed",
  "new-device",
  "second-factor-changed",
  "token-created",
  "runs",
  "reminder",
  "swaps-asked",
  "swaps",
  "swaps-taken",
  "run-late",
  "stops",
  "building-stops",
  "incidents",
  "building-incidents",
  "day-summary",
  "incident-received",
  "incident-acknowledged",
  "incident-resolved",
  "message",
  "test",
] as const;
export type MailKind = (typeof mailKinds)[number];

export function isMailKind(value: unknown): value is MailKind {
  return mailKinds.some((kind) => kind === value);
}

/** Those that people choose for themselves. */
const workKinds = [
  "runs",
  "reminder",
  "swaps-asked",
  "swaps",
  "swaps-taken",
  "run-late",
  "stops",
  "building-stops",
  "incidents",
  "building-incidents",
  "day-summary",
] as const;
export type WorkKind = (typeof workKinds)[number];

export function isWorkKind(value: unknown): value is WorkKind {
  return workKinds.some((kind) => kind === value);
}

export const mailStatuses = ["waiting", "sending", "sent", "failed", "withdrawn"] as const;
export type MailStatusName = (typeof mailStatuses)[number];

export function isMailStatus(value: unknown): value is MailStatusName {
  return mailStatuses.some((status) => status === value);
}
