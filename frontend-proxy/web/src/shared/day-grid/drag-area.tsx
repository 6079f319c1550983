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
  useDraggable,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { IconArrowRight, IconCopy, IconRepeat } from "@tabler/icons-react";
import {
  type MouseEventHandler,
  type ReactNode,
  type RefObject,
  type TouchEventHandler,
  useEffect,
  useRef,
  useState,
} from "react";
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

/** What comes from beside the grid, and goes to a row on its own day. */
export type Guest = { name: string; day: string; onDrop: (row: number) => void };

/** Lets something beside the grid be dragged into it, by mouse and after a moment's touch; keys do otherwise what it does. */
export function useGuest(id: string, guest: Guest | undefined) {
  const { listeners, setNodeRef, isDragging } = useDraggable({
    id,
    disabled: guest === undefined,
    data: { guest },
  });
  return {
    ref: setNodeRef,
    isDragging,
    onMouseDown: listeners?.onMouseDown as MouseEventHandler | undefined,
    onTouchStart: listeners?.onTouchStart as TouchEventHandler | undefined,
  };
}

function guestOf({ active }: Pick<DragStartEvent, "active">): Guest | undefined {
  return active.data.current?.guest as Guest | undefined;
}

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

/** Row -1 is beside the grid. */
type Target = { row: number; column: number; mode: DragMode };

/** What is measured when a drag begins; the middle of the chip is in pixels below the head. */
type Measures = {
  row: number;
  column: number;
  width: number;
  names: number;
  middle: number;
  repeat: boolean;
  /** What comes from beside the grid, and where on the screen it was taken up. */
  guest?: { is: Guest; x: number; y: number };
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
    if (
      before?.row === next?.row &&
      before?.column === next?.column &&
      before?.mode === next?.mode
    ) {
      return;
    }
    target.current = next;
    setShown(next);
    const grid = scroller.current;
    if (grid === null) {
      return;
    }
    if (next === undefined || next.row < 0 || measures.current === undefined) {
      delete grid.dataset.drop;
      return;
    }
    const { names, width, column } = measures.current;
    const first = next.mode === "repeat" ? Math.min(column, next.column) : next.column;
    const count = next.mode === "repeat" ? Math.abs(next.column - column) + 1 : 1;
    const top = places.current[next.row] ?? 0;
    grid.dataset.drop = next.mode;
    const mark = grid.querySelector<HTMLElement>("[data-drop-mark]");
    if (mark !== null) {
      // On the mark itself: what the grid says of itself, all its cells would have to look at.
      mark.style.left = `${names + first * width}px`;
      mark.style.width = `${count * width}px`;
      mark.style.top = `${top}px`;
      mark.style.height = `${(places.current[next.row + 1] ?? top) - top}px`;
    }
  };

  const modeOf = (copy: boolean): DragMode =>
    measures.current?.repeat === true ? "repeat" : copy ? "copy" : "move";

  const welcome = (guest: Guest, event: Event) => {
    const grid = scroller.current;
    const head = grid?.querySelectorAll<HTMLElement>('[role="columnheader"]');
    const touch = window.TouchEvent !== undefined && event instanceof TouchEvent;
    const at = touch ? event.touches[0] : event instanceof MouseEvent ? event : undefined;
    if (head?.[1] === undefined || at === undefined) {
      return;
    }
    measures.current = {
      row: -1,
      column: days.indexOf(guest.day),
      names: head[0]?.offsetWidth ?? 0,
      width: head[1].getBoundingClientRect().width,
      middle: 0,
      repeat: false,
      guest: { is: guest, x: at.clientX, y: at.clientY },
    };
    point({ row: -1, column: measures.current.column, mode: "move" });
  };

  /** The row under a place of the screen; -1 beside the grid. */
  const rowUnder = (x: number, y: number): number => {
    const grid = scroller.current;
    const body = grid?.lastElementChild?.getBoundingClientRect();
    const box = grid?.getBoundingClientRect();
    const inside = box && x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    return inside && body && y >= body.top && y <= body.bottom
      ? indexAt(places.current, y - body.top)
      : -1;
  };

  const onDragStart = (event: DragStartEvent) => {
    const { activatorEvent } = event;
    const guest = guestOf(event);
    if (guest !== undefined) {
      welcome(guest, activatorEvent);
      return;
    }
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
    const { row, column, width, middle, repeat, guest } = measures.current;
    if (guest !== undefined) {
      point({ row: rowUnder(guest.x + delta.x, guest.y + delta.y), column, mode: "move" });
      return;
    }
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
    if (from?.guest !== undefined) {
      if (to !== undefined && to.row >= 0) {
        from.guest.is.onDrop(to.row);
      }
      return;
    }
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
      if (target.current !== undefined && measures.current?.guest === undefined) {
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

  // The pointer moves more often than the day does.
  const told = useRef<Target>(undefined);
  const over = () => {
    if (told.current === target.current) {
      return undefined;
    }
    told.current = target.current;
    return t("grid.drag_over", { day: day() });
  };
  const day = () => {
    const text = fullDayText(days[target.current?.column ?? 0] ?? "", language);
    const row = target.current?.row ?? 0;
    return rowName === undefined || row < 0 ? text : `${rowName(row)}, ${text}`;
  };
  const count = (event: Pick<DragStartEvent, "active">) =>
    guestOf(event) === undefined ? carried.current.length : 1;
  const announcements: Announcements = {
    onDragStart: (event) => words.start(count(event), day()),
    onDragMove: over,
    onDragOver: () => undefined,
    onDragEnd: (event) => words.end(count(event)),
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
            {measures.current?.guest?.is.name ?? name(carried.current)}
            <Icon size={14} aria-hidden />
            {shown.row !== measures.current?.row && shown.row >= 0 && rowName !== undefined && (
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
