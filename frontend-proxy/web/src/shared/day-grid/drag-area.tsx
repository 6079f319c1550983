import {
  type Announcements,
  DndContext,
  type DragEndEvent,
  type DragMoveEvent,
  DragOverlay,
  type DragStartEvent,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { IconArrowRight, IconCopy, IconRepeat } from "@tabler/icons-react";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { dayText, fullDayText } from "../dates";
import { currentLanguage } from "../i18n/i18n";
import classes from "./drag-area.module.css";
import { type DayItem, indexAt } from "./rows";

/** What is done with what is dragged. */
export type DragMode = "move" | "copy" | "repeat";

/** Where what was dragged comes down. */
export type Drop<Item> = {
  items: readonly Item[];
  mode: DragMode;
  /** So many days later, or earlier below 0. */
  days: number;
  /** The row from which it comes, and the one to which it goes. */
  from: number;
  to: number;
};

type DragAreaProps<Item extends DayItem> = {
  days: readonly string[];
  scroller: RefObject<HTMLDivElement | null>;
  /** The items that are dragged together; the grid says which when it begins. */
  carried: RefObject<readonly Item[]>;
  /** Where each row begins. */
  places: RefObject<readonly number[]>;
  /** The name of a row to which things may go; without it they stay in theirs. */
  rowName?: (row: number) => string;
  /** What is carried, in words. */
  name: (items: readonly Item[]) => ReactNode;
  /** What a reader hears at the beginning, at the end, and about the keys. */
  words: {
    start: (count: number, day: string) => string;
    end: (count: number) => string;
    help: string;
  };
  onDrop: (drop: Drop<Item>) => void;
  children: ReactNode;
};

type Target = { row: number; column: number; mode: DragMode };

/** What is measured when a drag begins; the middle of the chip is in pixels below the head. */
type Measures = {
  row: number;
  column: number;
  width: number;
  names: number;
  middle: number;
  repeat: boolean;
};

// Things stay in their row.
const alongTheRow = [
  ({ transform }: { transform: { x: number; y: number; scaleX: number; scaleY: number } }) => ({
    ...transform,
    y: 0,
  }),
];

const keyboardCodes = {
  // The grid knows the letter; where its key lies differs.
  start: ["KeyM", "Semicolon", "Comma", "KeyR"],
  cancel: ["Escape", "Tab"],
  end: ["Enter", "Space"],
};

const icons = { move: IconArrowRight, copy: IconCopy, repeat: IconRepeat };

/**
 * Drags things to other days, and rows: by mouse, after a moment's touch, or with keys. With Alt they are copied; by their edge they
 * are repeated on every day on the way.
 */
export function DragArea<Item extends DayItem>({
  days,
  scroller,
  carried,
  places,
  rowName,
  name,
  words,
  onDrop,
  children,
}: DragAreaProps<Item>) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const measures = useRef<Measures>(undefined);
  const target = useRef<Target>(undefined);
  const height = useRef(0);
  const alt = useRef(false);
  const [shown, setShown] = useState<Target>();
  const free = rowName !== undefined;

  /** How far it is from where things are to the middle of the row above or below. */
  const toRow = (by: 1 | -1): number => {
    const next = (target.current?.row ?? 0) + by;
    const top = places.current[next];
    const bottom = places.current[next + 1];
    return top === undefined || bottom === undefined ? 0 : (top + bottom) / 2 - height.current;
  };
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 4 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 250, tolerance: 8 } }),
    useSensor(KeyboardSensor, {
      keyboardCodes,
      coordinateGetter: (event, { currentCoordinates: { x, y } }) => {
        const width = measures.current?.width ?? 0;
        const upright = free && measures.current?.repeat !== true;
        switch (event.code) {
          case "ArrowLeft":
            return { x: x - width, y };
          case "ArrowRight":
            return { x: x + width, y };
          case "ArrowUp":
            return upright ? { x, y: y + toRow(-1) } : undefined;
          case "ArrowDown":
            return upright ? { x, y: y + toRow(1) } : undefined;
          default:
            return undefined;
        }
      },
    }),
  );

  const point = (next: Target | undefined) => {
    const before = target.current;
    target.current = next;
    if (
      before?.row === next?.row &&
      before?.column === next?.column &&
      before?.mode === next?.mode
    ) {
      return;
    }
    setShown(next);
    const grid = scroller.current;
    if (grid === null) {
      return;
    }
    if (next === undefined || measures.current === undefined) {
      delete grid.dataset.drop;
      return;
    }
    const { names, width, column } = measures.current;
    const first = next.mode === "repeat" ? Math.min(column, next.column) : next.column;
    const count = next.mode === "repeat" ? Math.abs(next.column - column) + 1 : 1;
    const top = places.current[next.row] ?? 0;
    grid.dataset.drop = next.mode;
    grid.style.setProperty("--drop-left", `${names + first * width}px`);
    grid.style.setProperty("--drop-width", `${count * width}px`);
    grid.style.setProperty("--drop-top", `${top}px`);
    grid.style.setProperty("--drop-height", `${(places.current[next.row + 1] ?? top) - top}px`);
  };

  const modeOf = (copy: boolean): DragMode =>
    measures.current?.repeat === true ? "repeat" : copy ? "copy" : "move";

  const onDragStart = ({ activatorEvent }: DragStartEvent) => {
    const element = activatorEvent.target instanceof Element ? activatorEvent.target : null;
    const button = element?.closest<HTMLElement>("[data-item]");
    const cell = button?.closest<HTMLElement>("[data-column]");
    const row = button?.closest<HTMLElement>("[data-row]");
    if (carried.current.length === 0 || !button || !cell || !row) {
      return;
    }
    const box = button.getBoundingClientRect();
    const rowBox = row.getBoundingClientRect();
    const index = Number(row.dataset.row);
    measures.current = {
      row: index,
      column: Number(cell.dataset.column),
      names: row.firstElementChild?.getBoundingClientRect().width ?? 0,
      width: cell.getBoundingClientRect().width,
      middle: (places.current[index] ?? 0) + (box.top + box.bottom) / 2 - rowBox.top,
      repeat:
        element?.closest("[data-edge]") != null ||
        (activatorEvent instanceof KeyboardEvent && activatorEvent.key === "r"),
    };
    height.current = measures.current.middle;
    alt.current = altOf(activatorEvent);
    point({ row: index, column: measures.current.column, mode: modeOf(alt.current) });
  };

  const carry = ({ delta }: DragMoveEvent | DragEndEvent) => {
    if (measures.current === undefined) {
      return;
    }
    const { row, column, width, middle, repeat } = measures.current;
    const to = column + Math.round(delta.x / width);
    height.current = middle + delta.y;
    point({
      row: free && !repeat ? indexAt(places.current, height.current) : row,
      column: Math.max(0, Math.min(days.length - 1, to)),
      mode: modeOf(alt.current),
    });
  };

  const end = () => {
    measures.current = undefined;
    point(undefined);
  };

  const onDragEnd = (event: DragEndEvent) => {
    carry(event); // the last step may not have been told yet
    const from = measures.current;
    const to = target.current;
    end();
    if (
      from !== undefined &&
      to !== undefined &&
      (to.column !== from.column || to.row !== from.row)
    ) {
      onDrop({
        items: carried.current,
        mode: to.mode,
        days: to.column - from.column,
        from: from.row,
        to: to.row,
      });
    }
  };

  // The key may be pressed and let go on the way.
  const dragging = shown !== undefined;
  useEffect(() => {
    if (!dragging) {
      return;
    }
    const look = (event: KeyboardEvent | MouseEvent) => {
      alt.current = event.altKey;
      if (event instanceof KeyboardEvent && event.key === "Alt") {
        event.preventDefault(); // the browser's menu
      }
      if (target.current !== undefined) {
        point({ ...target.current, mode: modeOf(event.altKey) });
      }
    };
    window.addEventListener("keydown", look);
    window.addEventListener("keyup", look);
    window.addEventListener("mousemove", look);
    return () => {
      window.removeEventListener("keydown", look);
      window.removeEventListener("keyup", look);
      window.removeEventListener("mousemove", look);
    };
  });

  const day = () => {
    const text = fullDayText(days[target.current?.column ?? 0] ?? "", language);
    return rowName === undefined ? text : `${rowName(target.current?.row ?? 0)}, ${text}`;
  };
  const count = () => carried.current.length;
  const announcements: Announcements = {
    onDragStart: () => words.start(count(), day()),
    onDragMove: () => t("grid.drag_over", { day: day() }),
    onDragOver: () => undefined,
    onDragEnd: () => words.end(count()),
    onDragCancel: () => t("grid.drag_cancel"),
  };
  const Icon = icons[shown?.mode ?? "move"];
  return (
    <DndContext
      sensors={sensors}
      {...(free ? {} : { modifiers: alongTheRow })}
      autoScroll={{ threshold: { x: 0.15, y: free ? 0.15 : 0 } }}
      accessibility={{ announcements, screenReaderInstructions: { draggable: words.help } }}
      onDragStart={onDragStart}
      onDragMove={carry}
      onDragEnd={onDragEnd}
      onDragCancel={end}
    >
      {children}
      <DragOverlay dropAnimation={null} className={classes.overlay ?? ""}>
        {shown !== undefined && (
          <div
            className={classes.carried}
            data-copy={shown.mode !== "move" || undefined}
            data-leftward={shown.column > days.length / 2 || undefined}
          >
            {name(carried.current)}
            <Icon size={14} aria-hidden />
            {shown.row !== measures.current?.row && rowName !== undefined && (
              <span>{rowName(shown.row)},</span>
            )}
            {dayText(days[shown.column] ?? "", language)}
          </div>
        )}
      </DragOverlay>
    </DndContext>
  );
}

function altOf(event: Event): boolean {
  return (event instanceof MouseEvent || event instanceof KeyboardEvent) && event.altKey;
}
