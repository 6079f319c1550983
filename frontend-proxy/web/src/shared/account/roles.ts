import type { Account, Role } from "../api/types";

/** The page where each role begins. */
export const homeOf = {
  admin: "/today",
  superstudent: "/today",
  student: "/work",
  syndic: "/my-buildings",
  none: "/welcome",
} as const satisfies Record<Role, string>;

export const office: readonly Role[] = ["admin", "superstudent"];

/** Who may be planned for a run and do it. */
export const workers: readonly Role[] = [...office, "student"];

/** The roles that a person may have, from the highest rank to the lowest. */
export const roles: readonly Role[] = ["admin", "superstudent", "student", "syndic", "none"];

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

const rank = {
  admin: 1,
  superstudent: 2,
  student: 3,
  syndic: 3,
  none: 4,
} as const satisfies Record<Role, number>;

/** Nobody gives a role above their own. */
export function mayGive(giver: Role, role: Role): boolean {
  return rank[giver] <= rank[role];
}

/** A person acts on persons of a lower rank only. */
export function mayActOn(actor: Role, other: Role): boolean {
  return rank[actor] < rank[other];
}

/** The installation wants codes of this account, which has none: nothing works before they are set up. */
export function mustSetUpSecondFactor(account: Account): boolean {
  return account.second_factor_required && !account.second_factor;
}
