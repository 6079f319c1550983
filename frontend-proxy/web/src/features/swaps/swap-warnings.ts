import type { TFunction } from "i18next";
import type { Swap } from "@/shared/api/types";

/** What stands against who has taken a run, said to the office. A newer server may know more than this app can say. */
export function swapWarnings(t: TFunction, warnings: Swap["warnings"]): string[] {
  return warnings.flatMap((warning) => {
    switch (warning) {
      case "absent":
        return [t("swaps.warning.absent")];
      case "other_weekdays":
        return [t("swaps.warning.other_weekdays")];
      case "same_day":
        return [t("swaps.warning.same_day")];
      default:
        return [];
    }
  });
}

/** True when the office must insist, as it does wherever it plans somebody who cannot work. */
export function mustInsist({ warnings }: Swap): boolean {
  return warnings.includes("absent") || warnings.includes("other_weekdays");
}
