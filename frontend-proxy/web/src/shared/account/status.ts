export const accountStatuses = ["active", "deactivated"] as const;

/** Whether somebody may sign in. */
export type AccountStatus = (typeof accountStatuses)[number];
