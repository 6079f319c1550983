import type { Role } from "@/shared/api/types";

/** The page where each role begins. */
export const homeOf = {
  admin: "/today",
  superstudent: "/today",
  student: "/work",
  syndic: "/my-buildings",
  none: "/welcome",
} as const satisfies Record<Role, string>;

export const office: readonly Role[] = ["admin", "superstudent"];
