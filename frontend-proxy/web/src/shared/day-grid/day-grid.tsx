import { useDraggable } from "@dnd-kit/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type ReactNode,
  type RefObject,
  type TouchEvent,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { dateFormat, fullDayText, weekdayOf } from "../dates";
import { currentLanguage } from "../i18n/i18n";
import classes from "./day-grid.module.css";
import { type DayItem, type DayRow, idsIn, offsetsOf } from "./rows";
import {
  chosenIn,
  clamped,
  cornersOf,
  type Direction,
  extendedTo,
  itemsIn,
  moved,
  nothing,
  type Place,
  ranged,
  type Selection,
  toggled,
} from "./selection";
import { useVisible } from "./use-visible";

/** The name under which the grid drags; there is one thing that moves, whatever it is at the time. */
export const dragged = "day-grid";

/** A day as a column says it. */
export type Column = { day: string; name: string; today: boolean; weekend: boolean };

/**
 * What a line of the grid is drawn from. A memoised line is drawn again only when something of it has changed. Where it stands and where
 * the focus is, is nothing to it: its cells and chips have the tab index -1, and the grid gives one of them 0.
 */
export type LineProps<Row> = {
  row: Row;
  columns: readonly Column[];
  /** The columns that a range spans in this row. */
  rangeLeft: number | undefined;
  rangeRight: number | undefined;
  /** The ids of those that are chosen, and of those that jumped back, as hasId reads them. */
  selected: string;
  refused: string;
};

/** What somebody does in the grid. */
export type GridActions<Item, Row> = {
  open: (item: Item) => void;
  create: (rows: readonly Row[], days: readonly string[]) => void;
  remove: (items: readonly Item[]) => void;
  take: (items: readonly Item[]) => void;
  paste: (row: Row, day: string) => void;
};

type DayGridProps<Item extends DayItem, Row extends DayRow<Item>> = {
  label: string;
  /** What the rows are. */
  corner: string;
  rows: readonly Row[];
  days: readonly string[];
  today: string;
  view: "month" | "week";
  /** The height of a chip by mouse, pixels. */
  chip: number;
  /** How many chips there is room for at least, and how high a row is at least. */
  room?: { chips: number; height: number };
  /** A click or a tap chooses instead of opening. */
  choosing: boolean;
  selection: Selection;
  refused: ReadonlySet<number> | undefined;
  onSelection: (selection: Selection) => void;
  actions: GridActions<Item, Row>;
  /** The items that go along with the one that is dragged. */
  carried: RefObject<readonly Item[]>;
  /** Where each row begins, for who drags. */
  places: RefObject<readonly number[]>;
  /** What cannot be dragged. */
  fixed?: (item: Item) => boolean;
  /** R repeats on more days. */
  repeats?: boolean;
  scroller: RefObject<HTMLDivElement | null>;
  /** Draws the heading of a row and its cells. */
  line: (props: LineProps<Row>) => ReactNode;
};

type Active = { row: number; day: string; slot: number };

const directions: Partial<Record<string, Direction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Home: "start",
  End: "end",
  PageUp: "pageUp",
  PageDown: "pageDown",
};

const usualRoom = { chips: 2, height: 0 };

/** Things as rows, days as columns, chips in the cells; only the rows on screen are in the page. */
export const DayGrid = memo(function DayGrid<Item extends DayItem, Row extends DayRow<Item>>({
  label,
  corner,
  rows,
  days,
  today,
  view,
  chip: chipHeight,
  room = usualRoom,
  choosing,
  selection,
  refused,
  onSelection,
  actions,
  carried,
  places,
  fixed,
  repeats = false,
  scroller,
  line,
}: DayGridProps<Item, Row>) {
  const language = currentLanguage();
  const body = useRef<HTMLDivElement>(null);
  const columns = useMemo(() => columnsOf(days, today, language), [days, today, language]);
  const coarse = useMediaQuery("(pointer: coarse)", false, { getInitialValueInEffect: false });
  const chip = coarse ? 44 : chipHeight;
  const offsets = useMemo(
    () =>
      offsetsOf(rows, ({ most }) =>
        Math.max(room.height, 7 + Math.max(room.chips, most) * (chip + 2)),
      ),
    [rows, chip, room],
  );
  useLayoutEffect(() => {
    places.current = offsets;
  }, [places, offsets]);
  const visible = useVisible(body, offsets);

  const [active, setActive] = useState<Active>();
  const rowOf = useMemo(() => new Map(rows.map(({ id }, index) => [id, index])), [rows]);
  const place: Place = clamped(rows, days.length, {
    row: active === undefined ? 0 : (rowOf.get(active.row) ?? 0),
    column: Math.max(0, days.indexOf(active?.day ?? today)),
    slot: active?.slot ?? 0,
  });
  const wantsFocus = useRef(false);
  const go = (to: Place) => {
    const row = rows[to.row]?.id;
    const day = days[to.column];
    if (row !== undefined && day !== undefined) {
      wantsFocus.current = true;
      setActive({ row, day, slot: to.slot });
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: after the place has changed
  useLayoutEffect(() => {
    if (wantsFocus.current) {
      wantsFocus.current = false;
      show(scroller.current, offsets, place);
      focusAt(body.current, place);
    }
  }, [active]);

  // Moving the focus draws no row anew.
  const tabbed = useRef<HTMLElement>(undefined);
  useLayoutEffect(() => {
    const next = elementAt(body.current, place);
    if (tabbed.current !== next && tabbed.current?.tabIndex === 0) {
      tabbed.current.tabIndex = -1;
    }
    tabbed.current = next;
    if (next !== undefined && next.tabIndex !== 0) {
      next.tabIndex = 0;
    }
  });

  // A row or cell that goes away must not take the focus with it; what keys have moved, takes it along.
  const held = useRef(false);
  const followed = useRef<number>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after the rows have changed
  useLayoutEffect(() => {
    if (!held.current || document.activeElement !== document.body) {
      return;
    }
    const to = followed.current === undefined ? undefined : placeOf(rows, followed.current);
    followed.current = undefined;
    if (to === undefined) {
      focusAt(body.current, place);
    } else {
      go(to);
    }
  }, [rows]);

  const handle = useRef<Handle>(undefined);
  const find = ({ row, column }: Place, id: number): Item | undefined =>
    rows[row]?.cells[column]?.find((item) => item.id === id);
  const chosen = () => chosenIn<Item>(rows, selection.ids);
  const targetOf = (target: EventTarget) => {
    const element = target instanceof Element ? target : null;
    const cell = element?.closest<HTMLElement>("[data-column]");
    const row = element?.closest<HTMLElement>("[data-row]");
    if (cell === null || cell === undefined || row === null || row === undefined) {
      return undefined;
    }
    const button = element?.closest<HTMLElement>("[data-item]") ?? undefined;
    const at = {
      row: Number(row.dataset.row),
      column: Number(cell.dataset.column),
      slot: Number(button?.dataset.slot ?? 0),
    };
    return {
      place: at,
      button,
      item: button === undefined ? undefined : find(at, Number(button.dataset.item)),
    };
  };
  /** Readies what is under the pointer or the focus to be dragged, with everything that is chosen along with it. */
  const pickUp = (target: EventTarget): boolean => {
    const found = targetOf(target);
    const movable = (item: Item) => item.id > 0 && fixed?.(item) !== true;
    if (found?.item === undefined || !movable(found.item)) {
      return false;
    }
    carried.current = selection.ids.has(found.item.id) ? chosen().filter(movable) : [found.item];
    handle.current?.setNodeRef(found.button ?? null);
    return true;
  };
  const start = (kind: "onMouseDown" | "onTouchStart", event: MouseEvent | TouchEvent) => {
    if (pickUp(event.target)) {
      handle.current?.listeners?.[kind]?.(event);
    }
  };

  const clicked = useRef<Place>(undefined);
  // Where the focus was: it follows the mouse button before the click comes.
  const pressedFrom = useRef(place);
  const onClick = (event: MouseEvent) => {
    const found = targetOf(event.target);
    if (found === undefined) {
      return;
    }
    const wasActive = clicked.current !== undefined && same(clicked.current, found.place);
    clicked.current = found.place;
    if (event.shiftKey) {
      onSelection(ranged(rows, selection, pressedFrom.current, found.place));
      go({ ...found.place, slot: 0 });
      return;
    }
    go(found.place);
    if (found.item === undefined) {
      if (selection.ids.size > 0 || selection.range !== undefined) {
        onSelection(choosing ? { ...selection, range: undefined } : nothing);
      } else if (wasActive && !choosing) {
        create(found.place);
      }
    } else if (choosing || event.ctrlKey || event.metaKey) {
      onSelection(toggled(selection, [found.item.id]));
    } else if (found.item.id > 0) {
      actions.open(found.item);
    }
  };

  const create = (at: Place) => {
    const { top, bottom, left, right } = cornersOf(selection.range ?? { from: at, to: at });
    actions.create(rows.slice(top, bottom + 1), days.slice(left, right + 1));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (scroller.current?.dataset.drop !== undefined || event.altKey) {
      return; // the keys are those of the drag
    }
    const cell = rows[place.row]?.cells[place.column] ?? [];
    const at = cell[place.slot];
    const control = event.ctrlKey || event.metaKey;
    const direction = directions[event.key];
    const row = rows[place.row];
    const day = days[place.column];
    if (direction !== undefined) {
      const far = control && (direction === "start" || direction === "end");
      const to = far ? (direction === "start" ? "top" : "bottom") : direction;
      if (event.shiftKey) {
        const next = extendedTo(rows, days.length, place, to);
        onSelection(ranged(rows, selection, place, next));
        go(next);
      } else {
        if (selection.range !== undefined) {
          onSelection({ ids: selection.ids, range: undefined, base: selection.ids });
        }
        go(moved(rows, days.length, place, to));
      }
    } else if (event.key === "Enter") {
      if (at === undefined || selection.range !== undefined) {
        create(place);
      } else if (at.id > 0) {
        actions.open(at);
      }
    } else if (event.key === " ") {
      onSelection(toggled(selection, at === undefined ? [] : [at.id]));
    } else if (event.key === "Escape") {
      if (selection.ids.size === 0 && selection.range === undefined) {
        return;
      }
      onSelection(nothing);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      const these = selection.ids.size > 0 ? chosen() : at === undefined ? [] : [at];
      if (these.length > 0) {
        actions.remove(these);
      }
    } else if (control && event.key === "a") {
      const all = { from: { row: 0, column: 0, slot: 0 }, to: last(rows, days) };
      const ids = new Set(itemsIn(rows, all).map(({ id }) => id));
      onSelection({ ids, range: undefined, base: ids });
    } else if (event.key === "c") {
      const these = selection.ids.size > 0 ? chosen() : at === undefined ? [] : [at];
      if (these.length > 0) {
        actions.take(these);
      }
    } else if (event.key === "v" && row !== undefined && day !== undefined) {
      actions.paste(row, day);
    } else if (control) {
      return;
    } else if (event.key === "n") {
      create(place);
    } else if ((event.key === "m" || (repeats && event.key === "r")) && pickUp(event.target)) {
      followed.current = at?.id;
      handle.current?.listeners?.onKeyDown?.(event);
    } else {
      return;
    }
    event.preventDefault();
  };

  // Names that stay while the days scroll cost a layer each; where all days fit, they stay anyway.
  // biome-ignore lint/correctness/useExhaustiveDependencies: other days, or other widths of them
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) {
      return;
    }
    const look = () => {
      element.toggleAttribute("data-fits", element.scrollWidth <= element.clientWidth);
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, days.length, view]);

  // What is dragged may not scroll away from under the finger.
  const onTouch = useEffectEvent((event: globalThis.TouchEvent) => {
    if (scroller.current?.dataset.drop !== undefined && event.cancelable) {
      event.preventDefault();
    }
  });
  useEffect(() => {
    const element = scroller.current;
    const listen = (event: globalThis.TouchEvent) => onTouch(event);
    element?.addEventListener("touchmove", listen, { passive: false });
    return () => element?.removeEventListener("touchmove", listen);
  }, [scroller]);

  const shown = rowsShown(visible.first, visible.last, place.row, rows.length);
  const corners = selection.range === undefined ? undefined : cornersOf(selection.range);
  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-multiselectable
      aria-rowcount={rows.length + 1}
      aria-colcount={days.length + 1}
      className={classes.grid}
      data-view={view}
      style={{ "--days": days.length, "--chip": `${chip}px` } as React.CSSProperties}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onMouseDown={(event) => {
        pressedFrom.current = place;
        start("onMouseDown", event);
      }}
      onTouchStart={(event) => start("onTouchStart", event)}
      onFocus={(event) => {
        held.current = true;
        const to = targetOf(event.target)?.place;
        const row = rows[to?.row ?? -1]?.id;
        const day = days[to?.column ?? -1];
        if (to !== undefined && row !== undefined && day !== undefined && !same(to, place)) {
          setActive({ row, day, slot: to.slot });
        }
      }}
      onBlur={(event) => {
        held.current = event.relatedTarget === null && !event.target.isConnected;
      }}
    >
      <Draggable handle={handle} />
      <Head corner={corner} columns={columns} language={language} narrow={view === "month"} />
      <div
        role="rowgroup"
        ref={body}
        className={classes.body}
        style={{ height: offsets[rows.length] }}
      >
        {shown.map((index) => {
          const row = rows[index] as Row;
          const ranging = corners !== undefined && index >= corners.top && index <= corners.bottom;
          const top = offsets[index] ?? 0;
          return (
            <div
              key={row.id}
              role="row"
              aria-rowindex={index + 2}
              className={classes.row}
              data-row={index}
              style={{ top, height: (offsets[index + 1] ?? 0) - top }}
            >
              {line({
                row,
                columns,
                rangeLeft: ranging ? corners.left : undefined,
                rangeRight: ranging ? corners.right : undefined,
                selected: idsIn(row, selection.ids),
                refused: refused === undefined ? "" : idsIn(row, refused),
              })}
            </div>
          );
        })}
        <div className={classes.drop} data-drop-mark aria-hidden />
      </div>
    </div>
  );
}) as <Item extends DayItem, Row extends DayRow<Item>>(props: DayGridProps<Item, Row>) => ReactNode;

type Handle = Pick<ReturnType<typeof useDraggable>, "listeners" | "setNodeRef">;

/** By what the grid drags. It hears of every move of the pointer, which is nothing to the rows. */
function Draggable({ handle }: { handle: RefObject<Handle | undefined> }) {
  const { listeners, setNodeRef } = useDraggable({ id: dragged });
  useLayoutEffect(() => {
    handle.current = { listeners, setNodeRef };
  });
  return null;
}

type HeadProps = {
  corner: string;
  columns: readonly Column[];
  language: string;
  /** Weekdays have one letter. */
  narrow: boolean;
};

const Head = memo(function Head({ corner, columns, language, narrow }: HeadProps) {
  return (
    <div role="rowgroup" className={classes.head}>
      <div role="row" aria-rowindex={1} className={classes.row}>
        <div role="columnheader" aria-colindex={1} className={classes.corner}>
          {corner}
        </div>
        {columns.map(({ day, name, today: isToday, weekend }, column) => (
          <div
            key={day}
            role="columnheader"
            aria-colindex={column + 2}
            aria-label={name}
            className={classes.day}
            data-weekend={weekend || undefined}
            data-today={isToday || undefined}
            {...(isToday && { "aria-current": "date" as const })}
          >
            <span>{shortWeekday(day, language, narrow)}</span>
            <span className={classes.number}>{Number(day.slice(8))}</span>
          </div>
        ))}
      </div>
    </div>
  );
});

/** Where an item is; undefined when it is not shown. */
function placeOf(rows: readonly DayRow[], id: number): Place | undefined {
  for (const [row, { cells }] of rows.entries()) {
    for (const [column, cell] of cells.entries()) {
      const slot = cell.findIndex((item) => item.id === id);
      if (slot >= 0) {
        return { row, column, slot };
      }
    }
  }
  return undefined;
}

function same(a: Place, b: Place): boolean {
  return a.row === b.row && a.column === b.column && a.slot === b.slot;
}

function last(rows: readonly DayRow[], days: readonly string[]): Place {
  return { row: rows.length - 1, column: days.length - 1, slot: 0 };
}

/** The rows on screen, and the one that has the focus. */
function rowsShown(first: number, end: number, active: number, count: number): number[] {
  const shown: number[] = [];
  if (active < first && active < count) {
    shown.push(active);
  }
  for (let index = first; index <= end; index++) {
    shown.push(index);
  }
  if (active > end && active < count) {
    shown.push(active);
  }
  return shown;
}

function columnsOf(days: readonly string[], today: string, language: string): Column[] {
  return days.map((day) => ({
    day,
    name: fullDayText(day, language),
    today: day === today,
    weekend: weekdayOf(day) % 6 === 0,
  }));
}

function shortWeekday(day: string, language: string, narrow: boolean): string {
  const options = { timeZone: "UTC", weekday: narrow ? "narrow" : "short" } as const;
  return dateFormat(language, options).format(new Date(`${day}T12:00:00Z`));
}

/** Scrolls as little as is needed for a place to be seen beside the headings. */
function show(scroller: HTMLElement | null, offsets: readonly number[], place: Place) {
  const head = scroller?.firstElementChild;
  if (scroller === null || head === null || head === undefined) {
    return;
  }
  const top = offsets[place.row] ?? 0;
  const bottom = (offsets[place.row + 1] ?? 0) + head.clientHeight;
  if (top < scroller.scrollTop) {
    scroller.scrollTop = top;
  } else if (bottom > scroller.scrollTop + scroller.clientHeight) {
    scroller.scrollTop = bottom - scroller.clientHeight;
  }
  const heading = head.querySelectorAll<HTMLElement>('[role="columnheader"]');
  const names = heading[0]?.offsetWidth ?? 0;
  const column = heading[place.column + 1];
  if (column !== undefined) {
    const left = column.offsetLeft - names;
    const right = column.offsetLeft + column.offsetWidth;
    if (left < scroller.scrollLeft) {
      scroller.scrollLeft = left;
    } else if (right > scroller.scrollLeft + scroller.clientWidth) {
      scroller.scrollLeft = right - scroller.clientWidth;
    }
  }
}

/** The chip at a place, or its cell when there is none. */
function elementAt(body: HTMLElement | null, place: Place): HTMLElement | undefined {
  for (const row of body?.children ?? []) {
    if (row instanceof HTMLElement && row.dataset.row === String(place.row)) {
      const cell = row.querySelector<HTMLElement>(`[data-column="${place.column}"]`);
      return cell?.querySelector<HTMLElement>(`[data-slot="${place.slot}"]`) ?? cell ?? undefined;
    }
  }
  return undefined;
}

function focusAt(body: HTMLElement | null, place: Place) {
  elementAt(body, place)?.focus({ preventScroll: true });
}
