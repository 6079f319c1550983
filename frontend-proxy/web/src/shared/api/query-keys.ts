/** The names under which the cache holds what several features read or make stale. */
export const queryKeys = {
  me: ["me"],
  /** What belongs to the account and stays off the device: its sessions, tokens and second factor. */
  myAccount: ["my-account"],
  myRuns: ["my-runs"],
  /** What a worker worked, by period. */
  myHours: ["my-hours"],
  /** Where one is told while the app is closed. */
  notifications: ["notifications"],
  run: (id: number) => ["run", id],
  /** All runs that are known with their stops. */
  runs: ["run"],
  /** Of a day; of all days without one. */
  dashboard: (date?: string) => (date === undefined ? ["dashboard"] : ["dashboard", date]),
  /** What the office plans by, of any weeks. */
  weekPlans: ["week-plans"],
  /** The runs that nobody has yet, and who could do them. */
  needs: ["needs"],
  /** The runs that are planned for somebody who is absent. */
  conflicts: ["conflicts"],
  /** What workers ask each other to do, whoever reads it. */
  swaps: ["swaps"],
  regions: ["regions"],
  buildings: ["buildings"],
  tours: ["tours"],
  /** The kinds of waste. */
  wasteKinds: ["waste-kinds"],
  /** Every list of collections, and what is computed from them. */
  collections: ["collections"],
  collectionRules: ["collection-rules"],
  /** When workers can work, and when they are away. */
  availability: ["availability"],
  /** The accounts, and the choices of people that are made from them. */
  users: ["users"],
  invitations: ["invitations"],
  incidents: ["incidents"],
  mail: ["mail"],
  audit: ["audit"],
} as const satisfies Record<string, unknown>;
