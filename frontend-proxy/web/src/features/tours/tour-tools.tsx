import { Button } from "@mantine/core";
import { IconRoute } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { TourDetail } from "@/shared/api/types";
import type { StopWork } from "./queries";
import type { StopBuilding } from "./stops-editor";
import classes from "./stops-editor.module.css";

// The calendar is large, and not what the page is opened for.
const DateField = lazy(async () => ({
  default: (await import("@/shared/ui/date-field")).DateField,
}));

type TourToolsProps = {
  tour: TourDetail;
  stops: readonly StopBuilding[];
  day: string;
  onDay: (day: string) => void;
  work: Map<number, StopWork> | undefined;
  workFailed: boolean;
  onSuggest: () => void;
};

/** The day whose collections stand beside the stops, and what an order can be made of. */
export function TourTools({
  tour,
  stops,
  day,
  onDay,
  work,
  workFailed,
  onSuggest,
}: TourToolsProps) {
  const { t } = useTranslation();
  const idle =
    work === undefined
      ? 0
      : tour.stops.filter(({ building }) => work.get(building.id)?.work !== true).length;
  const placed = stops.filter(({ coordinates }) => coordinates !== null).length;
  return (
    <div className={classes.tools}>
      <Suspense fallback={<span className={classes.dayRoom} />}>
        <DateField
          className={classes.dayRoom ?? ""}
          label={t("tours.collections_on")}
          value={day}
          onChange={(next) => next !== null && onDay(next)}
        />
      </Suspense>
      <Button
        leftSection={<IconRoute size={20} aria-hidden />}
        disabled={placed < 3}
        onClick={onSuggest}
      >
        {t("tours.suggest")}
      </Button>
      <p className={classes.toolsText} role="status">
        {workFailed
          ? t("tours.work_failed")
          : tour.hide_idle_stops
            ? t("tours.idle_hidden", { count: idle })
            : t("tours.idle_shown", { count: idle })}
        {placed < stops.length && ` ${t("tours.without_place", { count: stops.length - placed })}`}
      </p>
    </div>
  );
}
