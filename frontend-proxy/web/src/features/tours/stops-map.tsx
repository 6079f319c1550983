import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { PlaceMap } from "@/shared/map/place-map";
import type { StopBuilding } from "./stops-editor";

type StopsMapProps = {
  stops: readonly StopBuilding[];
  selected?: number | undefined;
  onSelect?: (id: number) => void;
  height?: number;
};

/** The stops in their order, as numbers joined by a line. The list beside it says the same. */
export function StopsMap({ stops, selected, onSelect, height = 360 }: StopsMapProps) {
  const { t } = useTranslation();
  const points = useMemo(
    () =>
      stops.flatMap(({ id, address, coordinates }, index) =>
        coordinates === null
          ? []
          : [
              {
                key: id,
                place: coordinates,
                label: t("tours.on_map", { position: index + 1, address: streetLine(address, t) }),
                mark: String(index + 1),
              },
            ],
      ),
    [stops, t],
  );
  return points.length === 0 ? null : (
    <PlaceMap
      label={t("tours.map")}
      points={points}
      line
      height={height}
      selected={selected}
      {...(onSelect === undefined ? {} : { onSelect })}
    />
  );
}
