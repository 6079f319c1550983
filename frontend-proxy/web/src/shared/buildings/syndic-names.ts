import type { Building } from "../api/types";

/** Who manages a building, for the office; empty when nobody does. */
export function syndicNames({ syndics }: Building): string {
  return syndics.map(({ id, name }) => name || `#${id}`).join(", ");
}
