import { IconPencil, IconRepeat } from "@tabler/icons-react";
import { memo } from "react";
import type { CalendarCollection } from "@/shared/api/types";
import type { Column, LineProps } from "@/shared/day-grid/day-grid";
import grid from "@/shared/day-grid/day-grid.module.css";
import { hasId } from "@/shared/day-grid/rows";
import classes from "./collection-chip.module.css";
import { KindIcon, type KindWords } from "./kinds";
import type { Row } from "./rows";

type GridRowProps = LineProps<Row> & {
  wide: boolean;
  kinds: ReadonlyMap<string, KindWords>;
  words: RowWords;
};

/** What rows say, looked up once for all of them. */
export type RowWords = {
  street: (row: Row) => string;
  place: (row: Row) => string;
  none: (day: string) => string;
  fromRule: string;
  changedByHand: string;
};

/** A building and its days. There are many of them: what they say is looked up outside, and its parts have no hooks. */
export const GridRow = memo(function GridRow({
  row,
  columns,
  wide,
  kinds,
  rangeLeft,
  rangeRight,
  selected,
  refused,
  words,
}: GridRowProps) {
  return (
    <>
      <div role="rowheader" aria-colindex={1} className={grid.name}>
        <span className={grid.title}>{words.street(row)}</span>
        <span className={grid.place}>{words.place(row)}</span>
      </div>
      {row.cells.map((cell, column) => {
        const { day, name, today, weekend } = columns[column] as Column;
        const inRange =
          rangeLeft !== undefined &&
          rangeRight !== undefined &&
          column >= rangeLeft &&
          column <= rangeRight;
        return (
          <div
            key={day}
            role="gridcell"
            aria-colindex={column + 2}
            aria-selected={inRange}
            aria-label={cell.length === 0 ? words.none(name) : undefined}
            className={grid.cell}
            data-column={column}
            data-weekend={weekend || undefined}
            data-today={today || undefined}
            tabIndex={cell.length > 0 ? undefined : -1}
          >
            {cell.map((collection, slot) =>
              chip({
                collection,
                kind: kinds.get(collection.type),
                day: name,
                wide,
                slot,
                selected: hasId(selected, collection.id),
                refused: hasId(refused, collection.id),
                words,
              }),
            )}
          </div>
        );
      })}
    </>
  );
});

type ChipOptions = {
  collection: CalendarCollection;
  kind: KindWords | undefined;
  day: string;
  wide: boolean;
  slot: number;
  selected: boolean;
  refused: boolean;
  words: RowWords;
};

function chip({
  collection: { id, type, time_from, time_to, note, rule_id, changed },
  kind,
  day,
  wide,
  slot,
  selected,
  refused,
  words,
}: ChipOptions) {
  const name = kind?.name ?? type;
  // With what is seen, for those who say what they want to press.
  let label = wide || name === type ? `${name}, ${day}` : `${name}, ${type}, ${day}`;
  if (time_from !== "") {
    label += `, ${time_from}–${time_to}`;
  }
  if (note !== "") {
    label += `, ${note}`;
  }
  if (rule_id !== null) {
    label += `, ${changed ? words.changedByHand : words.fromRule}`;
  }
  return (
    <button
      key={id}
      type="button"
      className={classes.chip}
      data-item={id}
      data-slot={slot}
      data-changed={changed || undefined}
      data-long={(!wide && type.length > 4) || undefined}
      data-coming={id < 0 || undefined}
      data-refused={refused || undefined}
      aria-pressed={selected}
      aria-label={label}
      title={label}
      tabIndex={-1}
      style={kind?.style}
    >
      {wide ? (
        <>
          <KindIcon code={type} />
          <span className={classes.word}>{name}</span>
          {time_from !== "" && <span className={classes.time} data-time={time_from} />}
          {rule_id !== null && (
            <span className={classes.mark}>
              {changed ? (
                <IconPencil size={14} aria-hidden />
              ) : (
                <IconRepeat size={14} aria-hidden />
              )}
            </span>
          )}
        </>
      ) : (
        type
      )}
    </button>
  );
}
