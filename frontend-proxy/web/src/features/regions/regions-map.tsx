import type { UseQueryResult } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type CSSProperties, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { BuildingPlace } from "@/shared/buildings/building-places-query";
import { PlaceMap } from "@/shared/map/place-map";
import { ErrorState, Notice } from "@/shared/ui/view-states";
import classes from "./regions-page.module.css";

/** How the map shows a region: a letter, which is its own, and one of eight colours. */
export type RegionLetter = { letter: string; tone: number };

export function letterOf(index: number): RegionLetter {
  const last = String.fromCharCode(65 + (index % 26));
  const before = index < 26 ? "" : letterOf(Math.floor(index / 26) - 1).letter;
  return { letter: before + last, tone: (index % 8) + 1 };
}

/** The letter of a region as it stands on the map. */
export function RegionMark({ letter }: { letter: RegionLetter | undefined }) {
  return (
    <span
      className={classes.mark}
      style={
        letter === undefined
          ? undefined
          : ({ "--tone": `var(--tone-${letter.tone})` } as CSSProperties)
      }
    >
      {letter?.letter}
    </span>
  );
}

type Places = { points: BuildingPlace[]; complete: boolean };
type RegionsMapProps = {
  places: UseQueryResult<Places>;
  letters: ReadonlyMap<number, RegionLetter>;
};

/** Where the buildings of all regions are; the list beside it counts them. */
export function RegionsMap({ places, letters }: RegionsMapProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const points = useMemo(
    () =>
      (places.data?.points ?? []).map(({ id, regionId, place, address }) => {
        const region = letters.get(regionId);
        return { key: id, place, label: address, mark: region?.letter, tone: region?.tone };
      }),
    [places.data, letters],
  );
  if (places.isError && places.data === undefined) {
    return <ErrorState error={places.error} onRetry={() => places.refetch()} />;
  }
  return (
    <section className={classes.mapPart} aria-labelledby="regions-map">
      <h2 id="regions-map" className={classes.name}>
        {t("regions.map")}
      </h2>
      {places.data?.complete === false && <Notice>{t("regions.map_incomplete")}</Notice>}
      <PlaceMap
        label={t("regions.map")}
        points={points}
        grouped
        height={440}
        onSelect={(buildingId) =>
          void navigate({ to: "/manage/buildings/$buildingId", params: { buildingId } })
        }
      />
      <p className={classes.counts}>{t("regions.map_hint")}</p>
    </section>
  );
}
