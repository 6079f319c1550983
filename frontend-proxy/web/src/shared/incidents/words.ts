/** What can be wrong at a building, in the order of the choices. */
export const incidentKinds = [
  "bins_not_out",
  "bins_not_back",
  "missed_collection",
  "dirty",
  "damaged",
  "blocked_access",
  "other",
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

export function isIncidentKind(value: unknown): value is IncidentKind {
  return incidentKinds.some((kind) => kind === value);
}

/** What a list of incidents is narrowed to: a status, or all that are not resolved. */
export const incidentStatuses = ["unresolved", "open", "acknowledged", "resolved"] as const;
export type IncidentStatus = Exclude<(typeof incidentStatuses)[number], "unresolved">;

/** As many photos as an incident has at most. */
export const mostPhotos = 5;
/** As many characters as a report, a comment and an answer have at most. */
export const longestText = 2000;
