import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { CalendarBuilding } from "@/shared/api/types";
import { dayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useKinds } from "./kinds";

/** Names a collection in one line: address, kind, day. */
export function usePlaceText(buildings: readonly CalendarBuilding[]) {
  const { t } = useTranslation();
  const kinds = useKinds();
  const language = currentLanguage();
  return (place: { building_id: number; type: string; date: string }): string => {
    const building = buildings.find(({ id }) => id === place.building_id);
    return [
      building === undefined ? `#${place.building_id}` : streetLine(building.address, t),
      kinds.get(place.type)?.name ?? place.type,
      dayText(place.date, language),
    ].join(", ");
  };
}
