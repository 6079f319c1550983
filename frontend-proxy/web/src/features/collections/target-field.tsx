import { SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/shared/api/client";
import type { CalendarBuilding } from "@/shared/api/types";
import { regionChoicesQuery } from "@/shared/regions/region-choices";
import { tourChoicesQuery } from "@/shared/tours/tour-choices";
import { BuildingsField } from "./buildings-field";
import type { Place } from "./queries";
import classes from "./target-field.module.css";

const ways = ["buildings", "tour", "region"] as const;

/** Buildings by name, all of a tour, or all of a region. */
export type Target = {
  by: (typeof ways)[number];
  buildings: readonly number[];
  tour: string | null;
  region: string | null;
};

/** What the calendar is narrowed to, as a target. */
export function targetOf({ building, tour, region }: Place): Target {
  return {
    by:
      building !== undefined
        ? "buildings"
        : tour !== undefined
          ? "tour"
          : region !== undefined
            ? "region"
            : "buildings",
    buildings: building ?? [],
    tour: tour === undefined ? null : String(tour),
    region: region === undefined ? null : String(region),
  };
}

export function isEmpty({ by, buildings, tour, region }: Target): boolean {
  return by === "buildings" ? buildings.length === 0 : (by === "tour" ? tour : region) === null;
}

/** The target as the API takes it. */
export function selectionOf({ by, buildings, tour, region }: Target) {
  return {
    building_ids: by === "buildings" ? [...buildings] : [],
    tour_id: by === "tour" ? Number(tour) : 0,
    region_id: by === "region" ? Number(region) : 0,
  };
}

/** The buildings of the target that are in use. */
export async function buildingsOf(target: Target, day: string): Promise<CalendarBuilding[]> {
  const { building_ids: building, tour_id: tour, region_id: region } = selectionOf(target);
  const { buildings } = await unwrap(
    api().GET("/planning/collections", {
      params: {
        query: {
          from: day,
          to: day,
          ...(building.length > 0 && { building }),
          ...(tour > 0 && { tour }),
          ...(region > 0 && { region }),
        },
      },
    }),
  );
  return buildings.filter(({ archived }) => !archived);
}

type TargetFieldProps = {
  value: Target;
  known: readonly CalendarBuilding[];
  onChange: (target: Target) => void;
  error?: React.ReactNode;
};

/** Chooses for which buildings something is done. */
export function TargetField({ value, known, onChange, error }: TargetFieldProps) {
  const { t } = useTranslation();
  const tours = useQuery({ ...tourChoicesQuery, enabled: value.by === "tour" });
  const regions = useQuery({ ...regionChoicesQuery, enabled: value.by === "region" });
  return (
    <div className={classes.target}>
      <SegmentedControl
        aria-label={t("collections.where")}
        size="md"
        fullWidth
        data={ways.map((by) => ({ value: by, label: t(`collections.by.${by}`) }))}
        value={value.by}
        onChange={(by) => onChange({ ...value, by: by as Target["by"] })}
      />
      {value.by === "buildings" && (
        <BuildingsField
          label={t("collections.buildings")}
          placeholder={t("collections.search_buildings")}
          known={known}
          value={value.buildings}
          onChange={(buildings) => onChange({ ...value, buildings })}
          error={error}
        />
      )}
      {value.by === "tour" && (
        <Select
          label={t("collections.tour")}
          placeholder={t("collections.choose_tour")}
          searchable
          data={(tours.data ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
          value={value.tour}
          onChange={(tour) => onChange({ ...value, tour })}
          error={error}
        />
      )}
      {value.by === "region" && (
        <Select
          label={t("collections.region")}
          placeholder={t("collections.choose_region")}
          searchable
          data={(regions.data ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
          value={value.region}
          onChange={(region) => onChange({ ...value, region })}
          error={error}
        />
      )}
    </div>
  );
}
