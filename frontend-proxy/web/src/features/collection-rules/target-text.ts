import type { TFunction } from "i18next";
import { streetLine } from "@/shared/address";
import type { CollectionRule } from "@/shared/api/types";

/** For which buildings a rule is, in a few words. */
export function targetText(rule: CollectionRule, t: TFunction): string {
  if (rule.tour !== null) {
    return t("rules.of_tour", { name: rule.tour.name });
  }
  if (rule.region !== null) {
    return t("rules.of_region", { name: rule.region.name });
  }
  const [first, ...others] = rule.buildings;
  if (first === undefined) {
    return t("rules.of_nothing");
  }
  const address = streetLine(first.address, t);
  return others.length === 0 ? address : t("rules.of_buildings", { address, count: others.length });
}
