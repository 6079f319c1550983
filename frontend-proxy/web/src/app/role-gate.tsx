import type { ReactNode } from "react";
import { useMe } from "@/shared/account/use-me";
import type { Role } from "@/shared/api/types";
import { NoAccessPage } from "./message-pages";

type RoleGateProps = { roles: readonly Role[]; children: ReactNode };

/** Shows its pages to these roles only. The server decides too; this spares people a page of errors. */
export function RoleGate({ roles, children }: RoleGateProps) {
  return roles.includes(useMe().role) ? children : <NoAccessPage />;
}
