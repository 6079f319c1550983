import { useSuspenseQuery } from "@tanstack/react-query";
import type { Account } from "../api/types";
import { meQuery } from "./me-query";

/** The signed-in account, on pages behind sign-in. */
export function useMe(): Account {
  return useSuspenseQuery(meQuery).data;
}
