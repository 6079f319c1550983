import { Button, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowRight, IconBan, IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { PlanningRun, PlanningTour, WeekPlan } from "@/shared/api/types";
import { addDays, clockTime, dayText } from "@/shared/dates";
import { DayGrid, type GridActions, type LineProps } from "@/shared/day-grid/day-grid";
import { DragArea, type Drop } from "@/shared/day-grid/drag-area";
import { DoneBar, DoneNotice, RefusedNotice } from "@/shared/day-grid/notices";
import { daysBetween, daysFrom } from "@/shared/day-grid/period";
import { chosenIn, nothing, type Selection } from "@/shared/day-grid/selection";
import { SelectionBar } from "@/shared/day-grid/selection-bar";
import { useSteady } from "@/shared/day-grid/use-steady";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useLiveStatus, useStatusChangedAt } from "@/shared/realtime/live-context";
import { SetupHint } from "@/shared/setup/setup-hint";
import { useShortcut } from "@/shared/shortcuts";
import { liveSwapsQuery } from "@/shared/swaps/swap-queries";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows, StaleMark } from "@/shared/ui/view-states";
import { useToday } from "@/shared/use-today";
import { type PlanItem, type PlanRow, planRows, type RunPlace, withPending } from "./plan";
import type { Open } from "./plan-dialogs";
import { PlanList } from "./plan-list";
import { PlanLine } from "./plan-row";
import { PlanToolbar } from "./plan-toolbar";
import classes from "./planner-page.module.css";
import type { MovedRun } from "./queries";
import type { PlanSearch } from "./search";
import { usePlanEvents } from "./use-plan-events";
import { placeOf, useRunChanges } from "./use-run-changes";
import { weeksAround, weekPlanQuery } from "./week-plan-query";
import { planWords, tourName, workerName } from "./words";

// Calendars, forms and their dialogs are as heavy as the page.
const PlanDialogs = lazy(async () => ({
  default: (await import("./plan-dialogs")).PlanDialogs,
}));

/** What stands around the grid, and may plan too. */
export type PlannerTools = {
  plan: WeekPlan;
  days: readonly string[];
  region: number | undefined;
  /**
   * Plans what nobody has, unless somebody has it by then: shown at once, can be undone, and taken back in sight when the server
   * refuses.
   */
  planNeeded: (places: readonly RunPlace[]) => void;
  /** Who has a row of the grid; undefined where rows are no people. */
  workerAt: (row: number) => number | undefined;
  /** Moves runs and cancels them, as planNeeded plans them. */
  moveRuns: (moves: readonly MovedRun[]) => void;
  cancelRuns: (runs: readonly PlanningRun[], reason: string) => void;
  /** Says that runs were planned elsewhere, as in a dialog, and shows them. */
  tellPlanned: (ids: readonly number[]) => void;
};

type PlannerPageProps = {
  search: PlanSearch;
  onSearch: (search: PlanSearch) => void;
  /** What stands above the grid, such as the tours that nobody has yet. */
  tray?: (tools: PlannerTools) => ReactNode;
  /** The run that is open, beside the grid. */
  panel?: ReactNode;
};

const noTours: readonly PlanningTour[] = [];
const fixed = ({ run }: PlanItem) => run.status !== "planned";
const wideRoom = { chips: 1, height: 60 };
const narrowRoom = { chips: 1, height: 56 };

/** Who does which tour when, for the office: people or tours as rows, days as columns; on a phone a list by day. */
export function PlannerPage({ search, onSearch, tray, panel }: PlannerPageProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const today = useToday();
  const list = useMediaQuery("(max-width: 639px)", false, { getInitialValueInEffect: false });
  const { region } = search;
  const weeks = search.weeks ?? 1;
  const { from, to } = weeksAround(search.date ?? today, weeks);
  const days = useMemo(() => daysBetween(from, to), [from, to]);
  const request = useMemo(() => ({ from, to, region }), [from, to, region]);
  const query = useQuery(weekPlanQuery(request));
  usePlanEvents(request);
  const plan = query.data;
  const changes = useRunChanges(request, plan?.tours ?? noTours, t("planner.undone_reason"));

  const rowKind = list ? "people" : (search.rows ?? "people");
  const make = useRef(planRows());
  const runs = useMemo(
    () => withPending(plan?.runs ?? [], changes.pending),
    [plan?.runs, changes.pending],
  );
  const workers = plan?.workers;
  const tours = plan?.tours;
  const others = plan?.runs_of_others;
  const rows = useMemo(
    () =>
      workers === undefined || tours === undefined || others === undefined
        ? []
        : make.current({ from, to, workers, tours, runs_of_others: others }, runs, days, rowKind),
    [workers, tours, others, runs, days, rowKind, from, to],
  );

  const [selection, setSelection] = useState<Selection>(nothing);
  const [choosing, setChoosing] = useState(false);
  // What is not on screen cannot be chosen.
  const frame = JSON.stringify([request, rowKind]);
  const [framed, setFramed] = useState(frame);
  if (frame !== framed) {
    setFramed(frame);
    setSelection(nothing);
  }
  const chosen = useMemo(() => chosenIn(rows, selection.ids), [rows, selection.ids]);

  const [open, setOpen] = useState<Open>();
  const [taken, setTaken] = useState<readonly PlanItem[]>([]);
  /** Where a run of one row is when it goes to another. */
  const placeIn = (run: RunPlace, row: PlanRow | undefined, date: string): RunPlace => ({
    ...placeOf(run),
    ...(row !== undefined && (rowKind === "people" ? { worker_id: row.id } : { tour_id: row.id })),
    date,
  });
  const actions = useSteady<GridActions<PlanItem, PlanRow>>({
    open: ({ id }) => onSearch({ ...search, run: id }),
    create: (some, on) => {
      const ids = some.map(({ id }) => id);
      setOpen({
        what: "plan",
        workers: rowKind === "people" ? ids : [],
        tours: rowKind === "tours" ? ids : [],
        days: on,
      });
    },
    remove: (items) => {
      const planned = items.filter((item) => item.id > 0 && !fixed(item));
      if (planned.length > 0) {
        setOpen({ what: "cancel", items: planned });
      }
    },
    take: setTaken,
    paste: (into, on) => {
      const first = taken.map(({ run }) => run.date).sort()[0];
      if (first === undefined) {
        return;
      }
      const by = daysFrom(first, on);
      // What comes from one row goes to the one in which the focus is.
      const one =
        new Set(taken.map(({ run }) => (rowKind === "people" ? run.worker_id : run.tour_id)))
          .size === 1;
      changes.plan(
        taken.map(({ run }) => placeIn(run, one ? into : undefined, addDays(run.date, by))),
      );
    },
  });
  const drop = ({ items, mode, days: by, from: left, to: arrived }: Drop<PlanItem>) => {
    const row = left === arrived ? undefined : rows[arrived];
    setSelection(nothing);
    if (mode === "repeat") {
      const steps = Array.from({ length: Math.abs(by) }, (_, index) =>
        by > 0 ? index + 1 : -index - 1,
      );
      changes.plan(
        items.flatMap(({ run }) =>
          steps.map((step) => placeIn(run, undefined, addDays(run.date, step))),
        ),
      );
      return;
    }
    const moves = items.map(({ run }) => ({ run, to: placeIn(run, row, addDays(run.date, by)) }));
    if (mode === "move") {
      changes.move(moves);
    } else {
      changes.plan(moves.map(({ to: place }) => place));
    }
  };

  const scroller = useRef<HTMLDivElement>(null);
  const carried = useRef<readonly PlanItem[]>([]);
  const places = useRef<readonly number[]>([]);
  const liveSwaps = useQuery(liveSwapsQuery).data;
  const words = useMemo(() => {
    const asked = (liveSwaps ?? []).map(
      ({ run, state }) => [run.id, state === "taken" ? "taken" : "open"] as const,
    );
    return planWords(t, rowKind, new Map(asked));
  }, [t, rowKind, liveSwaps]);
  const line = useCallback(
    (props: LineProps<PlanRow>) => <PlanLine {...props} wide={weeks === 1} words={words} />,
    [weeks, words],
  );
  const planNew = () => setOpen({ what: "plan", tours: [], workers: [], days: [] });
  useShortcut("n", planNew);

  const placeText = ({ tour_id, worker_id, date }: RunPlace) =>
    [
      tourName(
        tours?.find(({ id }) => id === tour_id),
        tour_id,
      ),
      workerName(
        workers?.find(({ id }) => id === worker_id),
        worker_id,
      ),
      dayText(date, language),
    ].join(", ");
  const { done, refused, forget } = changes;
  const beside =
    plan !== undefined &&
    tray?.({
      plan,
      days,
      region,
      planNeeded: changes.planNeeded,
      workerAt: (row) => (list || rowKind === "tours" ? undefined : rows[row]?.id),
      moveRuns: changes.move,
      cancelRuns: changes.cancel,
      tellPlanned: changes.tellPlanned,
    });
  return (
    <div className={classes.page} data-list={list || undefined}>
      <PageTitle>{t("planner.title")}</PageTitle>
      <header className={classes.header}>
        <Title order={1}>{t("planner.title")}</Title>
        <Stale failed={query.isError} loadedAt={query.dataUpdatedAt} />
      </header>
      <PlanToolbar
        from={from}
        to={to}
        today={today}
        search={search}
        onSearch={onSearch}
        list={list}
        choosing={choosing}
        onChoosing={setChoosing}
        onCopyWeeks={() => setOpen({ what: "copy-weeks" })}
        onPlan={planNew}
      />
      {refused !== undefined && (
        <RefusedNotice
          title={t(`planner.refused.${refused.what}`)}
          error={refused.error}
          rows={refused.rows.map(({ place, reason }, index) => ({
            key: `${index}`,
            text: placeText(place),
            reason,
          }))}
          action={
            refused.insist !== undefined && (
              <Button variant="ink" onClick={refused.insist}>
                {t("planner.insist")}
              </Button>
            )
          }
          onClose={forget}
        />
      )}
      <DoneBar raised={chosen.length > 0}>
        {done !== undefined ? (
          <DoneNotice
            key={done.key}
            text={t(`planner.done.${done.what}`, { count: done.count })}
            undo={done.undo}
            onEnd={forget}
          />
        ) : (
          taken.length > 0 && (
            <DoneNotice
              key={taken.length}
              text={t("planner.taken", { count: taken.length })}
              onEnd={() => setTaken([])}
            />
          )
        )}
      </DoneBar>
      {query.isPending && <LoadingRows count={10} height={60} />}
      {query.isError && plan === undefined && (
        <ErrorState error={query.error} onRetry={() => query.refetch()} />
      )}
      {plan !== undefined && rows.length === 0 && <Nothing filtered={region !== undefined} />}
      {plan !== undefined && rows.length > 0 && (
        <>
          {list && beside}
          {list ? (
            <PlanList
              key={from}
              rows={rows}
              days={days}
              today={today}
              words={words}
              selection={selection}
              onSelection={setSelection}
              onOpen={actions.open}
              onPlan={(day) => setOpen({ what: "plan", tours: [], workers: [], days: [day] })}
              onMoveTo={(day) => {
                setSelection(nothing);
                const moves = chosen
                  .filter((item) => !fixed(item) && item.run.date !== day)
                  .map(({ run }) => ({ run, to: { ...placeOf(run), date: day } }));
                if (moves.length > 0) {
                  changes.move(moves);
                }
              }}
            />
          ) : (
            <DragArea
              days={days}
              scroller={scroller}
              carried={carried}
              places={places}
              rowName={(index) => {
                const row = rows[index];
                return row === undefined ? "" : words.title(row);
              }}
              name={(items) =>
                items.length === 1 && items[0] !== undefined
                  ? words.chip(items[0])
                  : t("planner.count", { count: items.length })
              }
              words={{
                start: (count, day) => t("planner.drag_start", { count, day }),
                end: (count) => t("planner.drag_end", { count }),
                help: t("planner.drag_help"),
              }}
              onDrop={drop}
            >
              {beside}
              <DayGrid
                label={t("planner.title")}
                corner={t(`planner.row_kinds.${rowKind}`)}
                rows={rows}
                days={days}
                today={today}
                view={weeks === 1 ? "week" : "month"}
                chip={weeks === 1 ? 42 : 24}
                room={weeks === 1 ? wideRoom : narrowRoom}
                choosing={choosing}
                selection={selection}
                refused={refused?.ids}
                onSelection={setSelection}
                actions={actions}
                carried={carried}
                places={places}
                fixed={fixed}
                repeats
                scroller={scroller}
                line={line}
              />
            </DragArea>
          )}
        </>
      )}
      {chosen.length > 0 && (
        <SelectionBar
          label={t("planner.chosen_actions")}
          text={t("planner.chosen", { count: chosen.length })}
          onClear={() => setSelection(nothing)}
        >
          <Button
            leftSection={<IconArrowRight size={18} aria-hidden />}
            disabled={chosen.every(fixed)}
            onClick={() => setOpen({ what: "move", items: chosen.filter((item) => !fixed(item)) })}
          >
            {t("planner.move")}
          </Button>
          <Button
            leftSection={<IconCopy size={18} aria-hidden />}
            onClick={() => setOpen({ what: "copy", items: chosen })}
          >
            {t("planner.copy")}
          </Button>
          <Button
            leftSection={<IconBan size={18} aria-hidden />}
            disabled={chosen.every(fixed)}
            onClick={() => actions.remove(chosen)}
          >
            {t("planner.cancel")}
          </Button>
        </SelectionBar>
      )}
      {panel}
      {open !== undefined && plan !== undefined && (
        <Suspense>
          <PlanDialogs
            open={open}
            plan={plan}
            region={region}
            today={today}
            onPlan={changes.plan}
            onMove={(moves) => {
              setSelection(nothing);
              changes.move(moves);
            }}
            onCancel={(items, reason) => {
              setSelection(nothing);
              changes.cancel(
                items.map(({ run }) => run),
                reason,
              );
            }}
            onCopied={changes.tellPlanned}
            onClose={() => setOpen(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  return filtered ? (
    <EmptyState title={t("planner.nothing_here")} text={t("planner.nothing_here_text")} />
  ) : (
    <SetupHint>
      <EmptyState title={t("planner.title")} text={t("planner.nothing_text")} />
    </SetupHint>
  );
}

function Stale({ failed, loadedAt }: { failed: boolean; loadedAt: number }) {
  const { t } = useTranslation();
  const status = useLiveStatus();
  const since = useStatusChangedAt();
  if (!(failed && loadedAt > 0) && status !== "offline" && status !== "ended") {
    return null;
  }
  const time = clockTime(new Date(failed ? loadedAt : since), currentLanguage());
  return <StaleMark>{t("app.stale", { time })}</StaleMark>;
}
