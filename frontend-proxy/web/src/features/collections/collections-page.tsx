import { Button, Title } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowRight, IconCopy, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import {
  lazy,
  memo,
  Suspense,
  useCallback,
  useDeferredValue,
  useMemo,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import type { CalendarBuilding, CalendarCollection } from "@/shared/api/types";
import { addDays, clockTime } from "@/shared/dates";
import { DayGrid, type GridActions, type LineProps } from "@/shared/day-grid/day-grid";
import { DragArea, type Drop } from "@/shared/day-grid/drag-area";
import { daysBetween, daysFrom } from "@/shared/day-grid/period";
import { rememberedTexts } from "@/shared/day-grid/rows";
import { chosenIn, nothing, type Selection } from "@/shared/day-grid/selection";
import { SelectionBar } from "@/shared/day-grid/selection-bar";
import { useSteady } from "@/shared/day-grid/use-steady";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useLiveStatus, useStatusChangedAt } from "@/shared/realtime/live-context";
import { useShortcut } from "@/shared/shortcuts";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows, StaleMark } from "@/shared/ui/view-states";
import { useToday } from "@/shared/use-today";
import { CollectionTabs } from "@/shared/waste/collection-tabs";
import { CollectionList } from "./collection-list";
import classes from "./collections-page.module.css";
import type { Open } from "./dialogs";
import { Filters } from "./filters";
import { GridRow, type RowWords } from "./grid-row";
import { KindIcon, KindsProvider, useKinds } from "./kinds";
import { periodOf } from "./period";
import { calendarQuery, storeChange } from "./queries";
import { type Row, rowMaker, withPending } from "./rows";
import type { CollectionsSearch } from "./search";
import { Told } from "./told";
import { Toolbar } from "./toolbar";
import { useCalendarEvents } from "./use-calendar-events";
import { useChanges } from "./use-changes";

// Calendars, forms and their dialogs are as heavy as the page.
const Dialogs = lazy(async () => ({ default: (await import("./dialogs")).Dialogs }));

type CollectionsPageProps = {
  search: CollectionsSearch;
  onSearch: (search: CollectionsSearch) => void;
};

/** What is collected when and where, for the office: a grid of buildings and days, or a list. */
export function CollectionsPage(props: CollectionsPageProps) {
  const { t } = useTranslation();
  return (
    <KindsProvider>
      <PageTitle>{t("collections.title")}</PageTitle>
      <Calendar {...props} />
    </KindsProvider>
  );
}

const allKinds: readonly string[] = [];
const noBuildings: readonly CalendarBuilding[] = [];

function Calendar({ search, onSearch }: CollectionsPageProps) {
  const { t } = useTranslation();
  const today = useToday();
  const narrow = useMediaQuery("(max-width: 639px)", false, { getInitialValueInEffect: false });
  const view = search.view ?? (narrow ? "list" : "month");
  const day = search.date ?? today;
  const { from, to } = periodOf(view, day);
  const days = useMemo(() => daysBetween(from, to), [from, to]);
  const { region, tour, building } = search;
  const request = useMemo(
    () => ({ from, to, region, tour, building }),
    [from, to, region, tour, building],
  );
  const calendar = useQuery(calendarQuery(request));
  useCalendarEvents(request);
  const changes = useChanges(request);

  const make = useRef(rowMaker());
  // The legend answers at once, and the many rows when they are ready.
  const kinds = useDeferredValue(search.kind) ?? allKinds;
  const buildings = calendar.data?.buildings ?? noBuildings;
  const known = calendar.data?.of;
  const of = useMemo(
    () => withPending(known ?? new Map(), changes.pending),
    [known, changes.pending],
  );
  const rows = useMemo(
    () => make.current(buildings, of, days, kinds),
    [buildings, of, days, kinds],
  );

  const [selection, setSelection] = useState<Selection>(nothing);
  const [choosing, setChoosing] = useState(false);
  // What is not on screen cannot be chosen.
  const frame = JSON.stringify([request, kinds]);
  const [framed, setFramed] = useState(frame);
  if (frame !== framed) {
    setFramed(frame);
    setSelection(nothing);
  }
  const chosen = useMemo(() => chosenIn(rows, selection.ids), [rows, selection.ids]);

  const [open, setOpen] = useState<Open>();
  const [taken, setTaken] = useState<readonly CalendarCollection[]>([]);
  const remove = (collections: readonly CalendarCollection[]) => {
    setSelection(nothing);
    void changes.remove(collections.filter(({ id }) => id > 0));
  };
  const paste = (into: Row, on: string) => {
    const first = taken.map(({ date }) => date).sort()[0];
    if (first === undefined) {
      return;
    }
    // What comes from one building goes to the one in which the focus is.
    const one = new Set(taken.map(({ building_id }) => building_id)).size === 1;
    const by = daysFrom(first, on);
    void changes.copy(
      taken.map((collection) => ({
        collection,
        date: addDays(collection.date, by),
        building: one ? into.id : collection.building_id,
      })),
    );
  };
  const actions = useSteady<GridActions<CalendarCollection, Row>>({
    open: (collection) => setOpen({ what: "edit", collection }),
    create: (some, on) =>
      setOpen({
        what: "new",
        target: {
          by: "buildings",
          buildings: some.map(({ id }) => id),
          tour: null,
          region: null,
        },
        days: on,
      }),
    remove,
    take: setTaken,
    paste,
  });
  const drop = ({ items, mode, days: by }: Drop<CalendarCollection>) => {
    const to = items.map((collection) => ({ collection, date: addDays(collection.date, by) }));
    void (mode === "move"
      ? changes.move(to)
      : changes.copy(to.map((one) => ({ ...one, building: one.collection.building_id }))));
  };

  // The same for ever: what is drawn once is not drawn again for another kind.
  const { change } = useSteady({
    change: (some: CollectionsSearch) => onSearch({ ...search, ...some }),
  });

  const scroller = useRef<HTMLDivElement>(null);
  const carried = useRef<readonly CalendarCollection[]>([]);
  const places = useRef<readonly number[]>([]);
  const kindWords = useKinds();
  const words = useMemo(
    (): RowWords => ({
      street: (row) => streetLine(row.building.address, t),
      place: (row) =>
        row.building.archived ? t("collections.archived_building") : cityLine(row.building.address),
      none: rememberedTexts((on) => t("collections.none_on", { day: on })),
      fromRule: t("collections.from_rule"),
      changedByHand: t("collections.changed_by_hand"),
    }),
    [t],
  );
  const line = useCallback(
    (props: LineProps<Row>) => (
      <GridRow {...props} wide={view === "week"} kinds={kindWords} words={words} />
    ),
    [view, kindWords, words],
  );
  const withChosen = useSteady({
    open: (what: "move" | "copy" | "change") => setOpen({ what }),
    remove: () => remove(chosen),
    clear: () => setSelection(nothing),
  });
  const create = () => setOpen({ what: "new", target: undefined, days: [] });
  useShortcut("n", create);
  const queryClient = useQueryClient();
  const filtered = region !== undefined || tour !== undefined || building !== undefined;

  const shown = calendar.data !== undefined && buildings.length > 0;
  return (
    <div className={classes.page} data-view={view}>
      <header className={classes.header}>
        <Title order={1} className={classes.title}>
          {t("collections.title")}
        </Title>
        <Stale failed={calendar.isError} loadedAt={calendar.dataUpdatedAt} />
      </header>
      <CollectionTabs />
      <Toolbar
        view={view}
        day={day}
        today={today}
        onSearch={change}
        choosing={choosing}
        onChoosing={setChoosing}
        onOpen={setOpen}
      />
      <Filters
        region={region}
        tour={tour}
        building={building}
        kind={search.kind}
        buildings={buildings}
        onSearch={change}
      />
      <Told
        changes={changes}
        buildings={buildings}
        taken={taken.length}
        more={calendar.data?.more ?? false}
        raised={chosen.length > 0}
      />
      {calendar.isPending && <LoadingRows count={10} height={56} />}
      {calendar.isError && calendar.data === undefined && (
        <ErrorState error={calendar.error} onRetry={() => calendar.refetch()} />
      )}
      {shown && view !== "list" && (
        <DragArea
          days={days}
          scroller={scroller}
          carried={carried}
          places={places}
          name={(collections) => <Carried collections={collections} />}
          words={{
            start: (count, on) => t("collections.drag_start", { count, day: on }),
            end: (count) => t("collections.drag_end", { count }),
            help: t("collections.drag_help"),
          }}
          onDrop={drop}
        >
          <DayGrid
            label={t("collections.title")}
            corner={t("collections.building")}
            rows={rows}
            days={days}
            today={today}
            view={view}
            chip={view === "week" ? 28 : 24}
            choosing={choosing}
            selection={selection}
            refused={changes.refused?.ids}
            onSelection={setSelection}
            actions={actions}
            carried={carried}
            places={places}
            scroller={scroller}
            line={line}
          />
        </DragArea>
      )}
      {shown && view === "list" && (
        <CollectionList
          rows={rows}
          days={days}
          selection={selection}
          onSelection={setSelection}
          actions={actions}
        />
      )}
      {calendar.data !== undefined && buildings.length === 0 && (
        <NoBuildings
          filtered={filtered}
          onClear={() => change({ region: undefined, tour: undefined, building: undefined })}
        />
      )}
      <ChosenBar count={chosen.length} actions={withChosen} />
      {open !== undefined && (
        <Suspense>
          <Dialogs
            open={open}
            request={request}
            buildings={buildings}
            chosen={chosen}
            find={({ id, building_id }) => known?.get(building_id)?.find((one) => one.id === id)}
            changes={changes}
            onRefresh={() => void calendar.refetch()}
            onDelete={remove}
            onStored={(saved) => storeChange(queryClient, request, [saved])}
            onClose={() => setOpen(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}

type ChosenBarProps = {
  count: number;
  actions: {
    open: (what: "move" | "copy" | "change") => void;
    remove: () => void;
    clear: () => void;
  };
};

/** What can be done with what is chosen; what is chosen is seen at once, and its number when it is ready. */
const ChosenBar = memo(function ChosenBar({ count: now, actions }: ChosenBarProps) {
  const { t } = useTranslation();
  const count = useDeferredValue(now);
  const buttons = useMemo(
    () => (
      <>
        <Button
          leftSection={<IconArrowRight size={18} aria-hidden />}
          onClick={() => actions.open("move")}
        >
          {t("collections.move_to")}
        </Button>
        <Button
          leftSection={<IconCopy size={18} aria-hidden />}
          onClick={() => actions.open("copy")}
        >
          {t("collections.copy_to")}
        </Button>
        <Button
          leftSection={<IconPencil size={18} aria-hidden />}
          onClick={() => actions.open("change")}
        >
          {t("collections.change_to")}
        </Button>
        <Button leftSection={<IconTrash size={18} aria-hidden />} onClick={() => actions.remove()}>
          {t("collections.delete")}
        </Button>
      </>
    ),
    [t, actions],
  );
  return (
    count > 0 && (
      <SelectionBar
        label={t("collections.chosen_actions")}
        text={t("collections.chosen", { count })}
        onClear={actions.clear}
      >
        {buttons}
      </SelectionBar>
    )
  );
});

function Carried({ collections }: { collections: readonly CalendarCollection[] }) {
  const { t } = useTranslation();
  const kinds = useKinds();
  const [first] = collections;
  return collections.length === 1 && first !== undefined ? (
    <>
      <KindIcon code={first.type} />
      {kinds.get(first.type)?.name ?? first.type}
    </>
  ) : (
    t("collections.count", { count: collections.length })
  );
}

function NoBuildings({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { t } = useTranslation();
  return filtered ? (
    <EmptyState
      title={t("collections.no_building_found")}
      text={t("collections.no_building_text")}
      action={<Button onClick={onClear}>{t("collections.clear_filters")}</Button>}
    />
  ) : (
    <EmptyState
      title={t("collections.no_buildings_title")}
      text={t("collections.no_buildings_text")}
      action={
        <Button
          variant="signal"
          renderRoot={(props) => (
            <Link to="/manage/buildings" search={{ building: "new" }} {...props} />
          )}
        >
          {t("collections.add_building")}
        </Button>
      }
    />
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
