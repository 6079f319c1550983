import {
  type Announcements,
  DndContext,
  type DragMoveEvent,
  DragOverlay,
  type DragStartEvent,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import { IconArrowRight, IconCopy } from "@tabler/icons-react";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CalendarCollection } from "@/shared/api/types";
import { dayText, fullDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import classes from "./drag-area.module.css";
import { KindIcon, useKinds } from "./kinds";

type DragAreaProps = {
  days: readonly string[];
  scroller: RefObject<HTMLDivElement | null>;
  /** The collections that are dragged together; the grid says which when it begins. */
  carried: RefObject<readonly CalendarCollection[]>;
  /** So many days later, or earlier below 0. */
  onMove: (collections: readonly CalendarCollection[], days: number) => void;
  onCopy: (collections: readonly CalendarCollection[], days: number) => void;
  children: ReactNode;
};

type Target = { column: number; copy: boolean };

/** What is measured when a drag begins. */
type Measures = { column: number; width: number; names: number };

// Collections stay at their building.
const alongTheRow = [
  ({ transform }: { transform: { x: number; y: number; scaleX: number; scaleY: number } }) => ({
    ...transform,
    y: 0,
  }),
];

const keyboardCodes = {
  // The grid knows the letter; where its key lies differs.
  start: ["KeyM", "Semicolon", "Comma"],
  cancel: ["Escape", "Tab"],
  end: ["Enter", "Space"],
};

/** Drags collections to other days: by mouse, after a moment's touch, or with keys. With Alt they are copied. */
export function DragArea({ days, scroller, carried, onMove, onCopy, children }: DragAreaProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const measures = useRef<Measures>(undefined);
  const target = useRef<Target>(undefined);
  const alt = useRef(false);
  const [shown, setShown] = useState<Target>();

  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 4 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 250, tolerance: 8 } }),
    useSensor(KeyboardSensor, {
      keyboardCodes,
      coordinateGetter: (event, { currentCoordinates: { x, y } }) => {
        const width = measures.current?.width ?? 0;
        switch (event.code) {
          case "ArrowLeft":
            return { x: x - width, y };
          case "ArrowRight":
            return { x: x + width, y };
          default:
            return undefined;
        }
      },
    }),
  );

  const point = (next: Target | undefined) => {
    const before = target.current;
    target.current = next;
    if (before?.column === next?.column && before?.copy === next?.copy) {
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
    const { names, width } = measures.current;
    grid.dataset.drop = next.copy ? "copy" : "move";
    grid.style.setProperty("--drop-left", `${names + next.column * width}px`);
  };

  const onDragStart = ({ activatorEvent }: DragStartEvent) => {
    const grid = scroller.current;
    const first = carried.current[0];
    const button =
      activatorEvent.target instanceof Element
        ? activatorEvent.target.closest<HTMLElement>("[data-collection]")
        : null;
    const cell = button?.closest<HTMLElement>("[data-column]");
    const row = button?.closest<HTMLElement>("[data-row]");
    if (grid === null || first === undefined || !cell || !row) {
      return;
    }
    const names = row.firstElementChild?.getBoundingClientRect().width ?? 0;
    const column = Number(cell.dataset.column);
    measures.current = { column, names, width: cell.getBoundingClientRect().width };
    grid.style.setProperty("--drop-top", row.style.top);
    grid.style.setProperty("--drop-height", row.style.height);
    grid.style.setProperty("--drop-width", `${measures.current.width}px`);
    alt.current = altOf(activatorEvent);
    point({ column, copy: alt.current });
  };

  const onDragMove = ({ delta }: DragMoveEvent) => {
    if (measures.current === undefined) {
      return;
    }
    const { column, width } = measures.current;
    const to = column + Math.round(delta.x / width);
    point({ column: Math.max(0, Math.min(days.length - 1, to)), copy: alt.current });
  };

  const end = () => {
    measures.current = undefined;
    point(undefined);
  };

  const onDragEnd = () => {
    const by = (target.current?.column ?? 0) - (measures.current?.column ?? 0);
    const copy = target.current?.copy ?? false;
    const began = measures.current !== undefined;
    end();
    if (began && by !== 0) {
      (copy ? onCopy : onMove)(carried.current, by);
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
        point({ ...target.current, copy: event.altKey });
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

  const day = () => fullDayText(days[target.current?.column ?? 0] ?? "", language);
  const count = () => carried.current.length;
  const announcements: Announcements = {
    onDragStart: () => t("collections.drag_start", { count: count(), day: day() }),
    onDragMove: () => t("collections.drag_over", { day: day() }),
    onDragOver: () => undefined,
    onDragEnd: () => t("collections.drag_end", { count: count() }),
    onDragCancel: () => t("collections.drag_cancel"),
  };
  return (
    <DndContext
      sensors={sensors}
      modifiers={alongTheRow}
      autoScroll={{ threshold: { x: 0.15, y: 0 } }}
      accessibility={{
        announcements,
        screenReaderInstructions: { draggable: t("collections.drag_help") },
      }}
      onDragStart={onDragStart}
      onDragMove={onDragMove}
      onDragEnd={onDragEnd}
      onDragCancel={end}
    >
      {children}
      <DragOverlay dropAnimation={null} className={classes.overlay ?? ""}>
        {shown !== undefined && (
          <Carried
            collections={carried.current}
            copy={shown.copy}
            leftward={shown.column > days.length / 2}
            day={dayText(days[shown.column] ?? "", language)}
          />
        )}
      </DragOverlay>
    </DndContext>
  );
}

function altOf(event: Event): boolean {
  return (event instanceof MouseEvent || event instanceof KeyboardEvent) && event.altKey;
}

type CarriedProps = {
  collections: readonly CalendarCollection[];
  copy: boolean;
  /** There is no room to the right. */
  leftward: boolean;
  day: string;
};

function Carried({ collections, copy, leftward, day }: CarriedProps) {
  const { t } = useTranslation();
  const kinds = useKinds();
  const [first] = collections;
  return (
    <div
      className={classes.carried}
      data-copy={copy || undefined}
      data-leftward={leftward || undefined}
    >
      {collections.length === 1 && first !== undefined ? (
        <>
          <KindIcon code={first.type} />
          {kinds.get(first.type)?.name ?? first.type}
        </>
      ) : (
        t("collections.count", { count: collections.length })
      )}
      {copy ? <IconCopy size={14} aria-hidden /> : <IconArrowRight size={14} aria-hidden />}
      {day}
    </div>
  );
}
