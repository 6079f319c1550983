import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { DashboardRun, DayStops } from "@/shared/api/types";
import { PlaceMap } from "@/shared/map/place-map";
import { ErrorState, Notice } from "@/shared/ui/view-states";
import classes from "./day-map.module.css";
import { isLate, type StopState, stopState } from "./live";
import { type DayFilter, dayStopsQuery } from "./queries";

/** Each state has a sign and a colour of the map. */
const looks: Record<StopState, { mark: string; tone: number }> = {
  late: { mark: "!", tone: 2 },
  failed: { mark: "×", tone: 5 },
  skipped: { mark: "–", tone: 4 },
  under_way: { mark: "›", tone: 1 },
  open: { mark: "○", tone: 8 },
  done: { mark: "✓", tone: 3 },
};
const states = Object.keys(looks) as StopState[];

type PlacedStop = DayStops["items"][number] & { state: StopState; tour: string };

/** The stops with what is known of them now: the runs are live, the stops themselves are read when a run changes. */
export function stopsNow(stops: DayStops["items"], runs: readonly DashboardRun[]): PlacedStop[] {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const lengths = new Map<number, number>();
  for (const { run_id } of stops) {
    lengths.set(run_id, (lengths.get(run_id) ?? 0) + 1);
  }
  return stops.flatMap((stop) => {
    const run = byId.get(stop.run_id);
    if (run === undefined || run.status === "cancelled") {
      return [];
    }
    // A run that has just started may have other stops than were read.
    const { segments } = run.progress;
    const segment =
      segments.length === lengths.get(run.id)
        ? (segments[stop.position - 1] ?? stop.segment)
        : stop.segment;
    return [{ ...stop, tour: run.tour.name, state: stopState(segment, isLate(run)) }];
  });
}

type DayMapProps = {
  day: DayFilter;
  runs: readonly DashboardRun[];
  onRun: (id: number) => void;
};

/** Where the day's runs stop, by what became of each stop. */
export function DayMap({ day, runs, onRun }: DayMapProps) {
  const { t } = useTranslation();
  const answer = useQuery(dayStopsQuery(day));
  const stops = useMemo(() => stopsNow(answer.data?.items ?? [], runs), [answer.data, runs]);
  const points = useMemo(
    () =>
      stops.flatMap(({ building, coordinates, state, tour }, key) =>
        coordinates === null
          ? []
          : [
              {
                key,
                place: coordinates,
                label: `${streetLine(building.address, t)} · ${tour} · ${t(`daymap.${state}`)}`,
                ...looks[state],
              },
            ],
      ),
    [stops, t],
  );
  if (answer.isError && answer.data === undefined) {
    return <ErrorState error={answer.error} onRetry={() => answer.refetch()} />;
  }
  const missing = stops.length - points.length;
  return (
    <div className={classes.map}>
      {answer.data?.complete === false && <Notice>{t("daymap.incomplete")}</Notice>}
      <PlaceMap
        label={t("daymap.title")}
        points={points}
        grouped
        height={400}
        onSelect={(key) => {
          const stop = stops[key];
          if (stop !== undefined) {
            onRun(stop.run_id);
          }
        }}
      />
      <ul className={classes.legend}>
        {states.map((state) => (
          <li key={state} data-state={state}>
            <span
              className={classes.mark}
              style={{ "--tone": `var(--tone-${looks[state].tone})` } as CSSProperties}
              aria-hidden
            >
              {looks[state].mark}
            </span>
            {t(`daymap.${state}`)}{" "}
            <span className={classes.count}>
              {stops.filter((stop) => stop.state === state).length}
            </span>
          </li>
        ))}
      </ul>
      {missing > 0 && <p className={classes.missing}>{t("daymap.missing", { count: missing })}</p>}
    </div>
  );
}
