import {
  IconAlertTriangle,
  IconArrowsExchange,
  IconCheck,
  IconPlayerPlay,
  IconRoute,
} from "@tabler/icons-react";
import { memo } from "react";
import type { Column, LineProps } from "@/shared/day-grid/day-grid";
import grid from "@/shared/day-grid/day-grid.module.css";
import { hasId } from "@/shared/day-grid/rows";
import { type PlanItem, type PlanRow, shortName } from "./plan";
import classes from "./plan-row.module.css";
import type { PlanWords } from "./words";

type PlanLineProps = LineProps<PlanRow> & { wide: boolean; words: PlanWords };

/** A person, or a tour, and its days. There are many of them: its parts have no hooks. */
export const PlanLine = memo(function PlanLine({
  row,
  columns,
  wide,
  rangeLeft,
  rangeRight,
  selected,
  refused,
  words,
}: PlanLineProps) {
  const { minutes, agreed } = row;
  return (
    <>
      <div role="rowheader" aria-colindex={1} className={grid.name}>
        <span className={grid.title}>{words.title(row)}</span>
        <span className={grid.place} data-over={(agreed > 0 && minutes > agreed) || undefined}>
          {words.below(row)}
        </span>
        {agreed > 0 && (
          <span className={classes.load} data-over={minutes > agreed || undefined}>
            <span style={{ width: `${Math.min(100, (100 * minutes) / agreed)}%` }} />
          </span>
        )}
      </div>
      {row.cells.map((cell, column) => {
        const { day, name, today, weekend } = columns[column] as Column;
        const off = row.off[column];
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
            aria-label={
              cell.length > 0
                ? undefined
                : off === undefined
                  ? words.none(name)
                  : `${words.none(name)}, ${words.off(off)}`
            }
            title={off && words.off(off)}
            className={`${grid.cell} ${classes.cell}`}
            data-column={column}
            data-weekend={weekend || undefined}
            data-today={today || undefined}
            data-off={off}
            tabIndex={cell.length > 0 ? undefined : -1}
          >
            {cell.map((item, slot) =>
              chip({
                item,
                day: name,
                wide,
                slot,
                selected: hasId(selected, item.id),
                refused: hasId(refused, item.id),
                words,
              }),
            )}
            {off !== undefined && wide && cell.length === 0 && (
              <span className={classes.off} aria-hidden>
                {words.off(off)}
              </span>
            )}
          </div>
        );
      })}
    </>
  );
});

type ChipOptions = {
  item: PlanItem;
  day: string;
  wide: boolean;
  slot: number;
  selected: boolean;
  refused: boolean;
  words: PlanWords;
};

function chip({ item, day, wide, slot, selected, refused, words }: ChipOptions) {
  const { id, run, conflicts } = item;
  const name = words.chip(item);
  // It may be meant, as for a check of the bins.
  const onlyIdle = conflicts.every((conflict) => conflict === "no_collections");
  const reasons = conflicts.map(words.conflict).join(", ");
  const second = reasons === "" ? words.work(item) : reasons;
  // What is read aloud begins with what is seen.
  const parts = wide ? [name, second, day] : [name, shortName(name), day, second];
  const swap = words.swap(item);
  const label = [
    ...parts,
    words.status(item),
    swap,
    run.stops_changed ? words.stopsChanged : "",
    reasons === "" ? "" : words.work(item),
  ]
    .filter((part) => part !== "")
    .join(", ");
  return (
    <button
      key={id}
      type="button"
      className={classes.chip}
      data-item={id}
      data-slot={slot}
      data-status={run.status}
      data-conflict={conflicts.length === 0 ? undefined : onlyIdle ? "idle" : "hard"}
      data-coming={id < 0 || undefined}
      data-refused={refused || undefined}
      aria-pressed={selected}
      aria-label={label}
      title={label}
      tabIndex={-1}
    >
      <span className={classes.first}>
        {run.status === "started" && <IconPlayerPlay size={14} aria-hidden />}
        {run.status === "completed" && <IconCheck size={14} aria-hidden />}
        {swap !== "" && <IconArrowsExchange size={14} aria-hidden />}
        {run.stops_changed && <IconRoute size={14} aria-hidden />}
        {wide && conflicts.length > 0 && <IconAlertTriangle size={14} aria-hidden />}
        <span className={classes.word}>{wide ? name : shortName(name)}</span>
      </span>{" "}
      {wide && <span className={classes.second}>{second}</span>}
      {wide && run.status === "planned" && <span className={classes.edge} data-edge />}
    </button>
  );
}
