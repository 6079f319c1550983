import { IconPencil, IconRepeat } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import type { CalendarCollection } from "@/shared/api/types";
import classes from "./calendar-grid.module.css";
import { KindIcon, type KindWords } from "./kinds";
import type { Row } from "./rows";

/** A day as a column says it. */
export type Column = { day: string; name: string; today: boolean; weekend: boolean };

export type GridRowProps = {
  row: Row;
  /** From 0. */
  index: number;
  /** Pixels. */
  top: number;
  height: number;
  columns: readonly Column[];
  wide: boolean;
  kinds: ReadonlyMap<string, KindWords>;
  /** Where the focus is or would come, in this row. */
  activeColumn: number | undefined;
  activeSlot: number;
  /** The columns that a range spans in this row. */
  rangeLeft: number | undefined;
  rangeRight: number | undefined;
  /** The ids of those that are chosen, and of those that jumped back, between commas: a text is the same when nothing changed. */
  selected: string;
  refused: string;
};

/** A building and its days. */
export const GridRow = memo(function GridRow({
  row: { building, cells },
  index,
  top,
  height,
  columns,
  wide,
  kinds,
  activeColumn,
  activeSlot,
  rangeLeft,
  rangeRight,
  selected,
  refused,
}: GridRowProps) {
  const { t } = useTranslation();
  const street = streetLine(building.address, t);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={classes.row}
      data-row={index}
      style={{ top, height }}
    >
      <div role="rowheader" aria-colindex={1} className={classes.building}>
        <span className={classes.street}>{street}</span>
        <span className={classes.place}>
          {building.archived ? t("collections.archived_building") : cityLine(building.address)}
        </span>
      </div>
      {cells.map((cell, column) => {
        const { day, name, today, weekend } = columns[column] as Column;
        const active = activeColumn === column;
        const empty = cell.length === 0;
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
            className={classes.cell}
            data-column={column}
            data-weekend={weekend || undefined}
            data-today={today || undefined}
            {...(empty && { tabIndex: active ? 0 : -1 })}
            {...(empty && active && { "aria-label": t("collections.none_on", { day: name }) })}
          >
            {cell.map((collection, slot) => (
              <Chip
                key={collection.id}
                collection={collection}
                kind={kinds.get(collection.type)}
                day={name}
                wide={wide}
                slot={slot}
                tabIndex={active && Math.min(activeSlot, cell.length - 1) === slot ? 0 : -1}
                selected={has(selected, collection.id)}
                refused={has(refused, collection.id)}
              />
            ))}
          </div>
        );
      })}
    </div>
  );
});

function has(ids: string, id: number): boolean {
  return ids !== "" && ids.includes(`,${id},`);
}

type ChipProps = {
  collection: CalendarCollection;
  kind: KindWords | undefined;
  day: string;
  wide: boolean;
  slot: number;
  tabIndex: 0 | -1;
  selected: boolean;
  refused: boolean;
};

function Chip({ collection, kind, day, wide, slot, tabIndex, selected, refused }: ChipProps) {
  const { t } = useTranslation();
  const { id, type, time_from, time_to, note, rule_id, changed } = collection;
  const name = kind?.name ?? type;
  const time = time_from === "" ? "" : `${time_from}–${time_to}`;
  const label = [
    name,
    day,
    time,
    note,
    rule_id === null ? "" : t(changed ? "collections.changed_by_hand" : "collections.from_rule"),
  ]
    .filter((part) => part !== "")
    .join(", ");
  return (
    <button
      type="button"
      className={classes.chip}
      data-collection={id}
      data-slot={slot}
      data-changed={changed || undefined}
      data-coming={id < 0 || undefined}
      data-refused={refused || undefined}
      aria-pressed={selected}
      aria-label={label}
      title={label}
      tabIndex={tabIndex}
      style={{ "--kind": kind?.colour } as React.CSSProperties}
    >
      {wide && <KindIcon code={type} />}
      <span className={classes.word}>{wide ? name : type}</span>
      {wide && time !== "" && <span className={classes.time}>{time_from}</span>}
      {wide && rule_id !== null && (
        <span className={classes.mark}>
          {changed ? <IconPencil size={14} aria-hidden /> : <IconRepeat size={14} aria-hidden />}
        </span>
      )}
    </button>
  );
}
