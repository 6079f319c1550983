import type { TFunction } from "i18next";
import type { Swap } from "@/shared/api/types";

/** What stands against taking a run, said to who would take it. A newer server may know more than this app can say. */
export function ownWarnings(t: TFunction, warnings: Swap["warnings"]): string[] {
  return warnings.flatMap((warning) => {
    switch (warning) {
      case "absent":
        return [t("swaps.own_warning.absent")];
      case "other_weekdays":
        return [t("swaps.own_warning.other_weekdays")];
      case "same_day":
        return [t("swaps.own_warning.same_day")];
      default:
        return [];
    }
  });
}
