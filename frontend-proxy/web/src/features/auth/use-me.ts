import { useSuspenseQuery } from "@tanstack/react-query";
import type { Account } from "@/shared/api/types";
import { meQuery } from "./queries";

/** The signed-in account, on pages behind sign-in. */
export function useMe(): Account {
  return useSuspenseQuery(meQuery).data;
}
