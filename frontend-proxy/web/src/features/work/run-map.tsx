import { Button } from "@mantine/core";
import { IconMap } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { PlaceMap } from "@/shared/map/place-map";
import type { LocalStop } from "./local-run";
import classes from "./run-map.module.css";

type RunMapProps = {
  stops: readonly LocalStop[];
  /** Position of the stop that is worked on. */
  current?: number | undefined;
  /** Makes the points buttons. */
  onShowStop?: ((position: number) => void) | undefined;
};

/** Where the stops lie; the map is loaded when somebody asks for it. */
export function RunMap({ stops, current, onShowStop }: RunMapProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const points = stops.flatMap(({ position, building }) =>
    building.coordinates === null
      ? []
      : {
          key: position,
          place: building.coordinates,
          mark: String(position),
          label: t("own_run.map_stop", { position, address: streetLine(building.address, t) }),
        },
  );
  if (points.length === 0) {
    return null;
  }
  const missing = stops.length - points.length;
  return (
    <div className={classes.map}>
      <Button
        className={classes.button ?? ""}
        leftSection={<IconMap size={18} aria-hidden />}
        aria-expanded={shown}
        onClick={() => setShown(!shown)}
      >
        {t(shown ? "own_run.hide_map" : "own_run.show_map")}
      </Button>
      {shown && (
        <>
          <PlaceMap
            label={t("own_run.map")}
            points={points}
            line
            selected={current}
            {...(onShowStop === undefined ? {} : { onSelect: onShowStop })}
          />
          {missing > 0 && (
            <p className={classes.quiet}>{t("own_run.map_missing", { count: missing })}</p>
          )}
        </>
      )}
    </div>
  );
}
