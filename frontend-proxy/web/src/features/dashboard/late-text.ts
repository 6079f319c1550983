import type { TFunction } from "i18next";
import type { DashboardRun } from "@/shared/api/types";

/** Why a run is late and by how much; empty when it is in time. */
export function lateText(
  t: TFunction,
  { late_minutes: count, late_reason: reason }: Pick<DashboardRun, "late_minutes" | "late_reason">,
): string {
  switch (reason) {
    case "behind":
      return t("board.behind", { count });
    case "not_started":
      return t("board.not_started", { count });
    case "took_longer":
      return t("board.took_longer", { count });
    default:
      return "";
  }
}
