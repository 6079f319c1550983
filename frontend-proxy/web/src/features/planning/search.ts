/** What can be the rows, in the order in which it is offered. */
export const rowKinds = ["people", "tours"] as const;

export type RowKind = (typeof rowKinds)[number];

/** What the address says that is planned; people by the week unless it says something else. */
export type PlanSearch = {
  date?: string | undefined;
  region?: number | undefined;
  rows?: RowKind | undefined;
  weeks?: 4 | undefined;
  /** The run that is open beside the grid. */
  run?: number | undefined;
};
