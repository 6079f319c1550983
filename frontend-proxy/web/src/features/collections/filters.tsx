import { Button, Select } from "@mantine/core";
import { IconAdjustmentsHorizontal } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { memo, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CalendarBuilding } from "@/shared/api/types";
import { RegionFilter } from "@/shared/regions/region-filter";
import { tourChoicesQuery } from "@/shared/tours/tour-choices";
import { BuildingsField } from "./buildings-field";
import classes from "./filters.module.css";
import { KindIcon, useKinds } from "./kinds";
import type { Place } from "./queries";
import type { CollectionsSearch } from "./search";

type OnSearch = (change: CollectionsSearch) => void;

type FiltersProps = Place & {
  kind: readonly string[] | undefined;
  /** Those on screen, for their names. */
  buildings: readonly CalendarBuilding[];
  onSearch: OnSearch;
};

/** Narrows the calendar to a region, a tour, buildings and kinds; the kinds are its legend too. */
export function Filters({ kind, onSearch, ...places }: FiltersProps) {
  return (
    <search className={classes.filters}>
      <Places {...places} onSearch={onSearch} />
      <Legend chosen={kind} onSearch={onSearch} />
    </search>
  );
}

type PlacesProps = Place & { buildings: readonly CalendarBuilding[]; onSearch: OnSearch };

// Beside the legend, which is clicked more often than these fields are quick to draw.
const Places = memo(function Places({ region, tour, building, buildings, onSearch }: PlacesProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const id = useId();
  const narrowed = [region, tour, building].filter((value) => value !== undefined).length;
  return (
    <>
      <Button
        className={classes.toggle ?? ""}
        aria-expanded={open}
        aria-controls={id}
        leftSection={<IconAdjustmentsHorizontal size={18} aria-hidden />}
        onClick={() => setOpen(!open)}
      >
        {narrowed === 0
          ? t("collections.filters")
          : t("collections.filters_on", { count: narrowed })}
      </Button>
      <div id={id} className={classes.fields} data-open={open || undefined}>
        <RegionFilter region={region} onChange={(chosen) => onSearch({ region: chosen })} />
        <TourFilter tour={tour} onChange={(chosen) => onSearch({ tour: chosen })} />
        <BuildingsField
          label={t("collections.buildings")}
          placeholder={t("collections.all_buildings")}
          known={buildings}
          value={building ?? noBuildings}
          onChange={(chosen) => onSearch({ building: chosen.length === 0 ? undefined : chosen })}
        />
      </div>
    </>
  );
});

const noBuildings: readonly number[] = [];

type TourFilterProps = { tour: number | undefined; onChange: (tour: number | undefined) => void };

function TourFilter({ tour, onChange }: TourFilterProps) {
  const { t } = useTranslation();
  const { data = [], isSuccess } = useQuery(tourChoicesQuery);
  const unknown = isSuccess && tour !== undefined && !data.some(({ id }) => id === tour);
  return (
    <Select
      label={t("collections.tour")}
      allowDeselect={false}
      searchable
      data={[
        { value: "", label: t("collections.all_tours") },
        ...data.map(({ id, name }) => ({ value: String(id), label: name })),
      ]}
      error={unknown && t("collections.tour_unknown")}
      value={tour === undefined ? "" : String(tour)}
      onChange={(value) => onChange(value === null || value === "" ? undefined : Number(value))}
    />
  );
}

type LegendProps = { chosen: readonly string[] | undefined; onSearch: OnSearch };

const Legend = memo(function Legend({ chosen: searched = allKinds, onSearch }: LegendProps) {
  const { t } = useTranslation();
  const kinds = useKinds();
  // What is pressed is seen at once; the address and the rows follow after that frame.
  const [chosen, setChosen] = useState(searched);
  const [known, setKnown] = useState(searched);
  if (known !== searched) {
    setKnown(searched);
    setChosen(searched);
  }
  const cancel = useRef<() => void>(undefined);
  useEffect(() => () => cancel.current?.(), []);
  const toggle = (code: string) => {
    const kind = chosen.includes(code)
      ? chosen.filter((one) => one !== code)
      : [...chosen, code].sort();
    setChosen(kind);
    cancel.current?.();
    cancel.current = afterPaint(() => onSearch({ kind: kind.length === 0 ? undefined : kind }));
  };
  return (
    <fieldset className={classes.legend} aria-label={t("collections.kinds")}>
      {[...kinds]
        .filter(([code, { archived }]) => !archived || chosen.includes(code))
        .map(([code, { name, style }]) => (
          <button
            key={code}
            type="button"
            className={classes.kind}
            aria-pressed={chosen.includes(code)}
            style={style}
            onClick={() => toggle(code)}
          >
            <KindIcon code={code} size={18} />
            {name !== code && (
              <span className={classes.code} aria-hidden>
                {code}
              </span>
            )}
            <span>{name}</span>
          </button>
        ))}
    </fieldset>
  );
});

const allKinds: readonly string[] = [];

/** Does something once the next frame is on screen, unless what it gives back is called before. */
function afterPaint(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(act);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
