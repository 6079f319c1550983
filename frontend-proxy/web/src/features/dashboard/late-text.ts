import type { TFunction } from "i18next";
import type { DashboardRun } from "@/shared/api/types";
import { clockTime } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";

type Lateness = Pick<DashboardRun, "late_minutes" | "late_reason" | "late_since">;

/** Why a run is late, and since when or by how much; empty when it is in time. */
export function lateText(
  t: TFunction,
  { late_minutes: count, late_reason: reason, late_since: since }: Lateness,
): string {
  switch (reason) {
    case "behind":
      return t("board.behind", { count });
    case "not_started":
      return t("board.not_started", {
        time: since === null ? "" : clockTime(since, currentLanguage()),
      });
    case "took_longer":
      return t("board.took_longer", { count });
    default:
      return "";
  }
}
