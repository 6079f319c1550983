import { Checkbox } from "@mantine/core";
import { IconPencil, IconRepeat } from "@tabler/icons-react";
import { type KeyboardEvent, memo, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import type { CalendarBuilding, CalendarCollection } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import type { GridActions } from "@/shared/day-grid/day-grid";
import { type Selection, toggled } from "@/shared/day-grid/selection";
import { useVisible } from "@/shared/day-grid/use-visible";
import { currentLanguage } from "@/shared/i18n/i18n";
import { EmptyState } from "@/shared/ui/view-states";
import classes from "./collection-list.module.css";
import { KindIcon, type KindWords, useKinds } from "./kinds";
import type { Row } from "./rows";

type CollectionListProps = {
  rows: readonly Row[];
  days: readonly string[];
  selection: Selection;
  onSelection: (selection: Selection) => void;
  actions: GridActions<CalendarCollection, Row>;
};

type Item =
  | { day: string; count: number }
  | { collection: CalendarCollection; building: CalendarBuilding };

// The same as in the style sheet.
const dayHeight = 48;
const itemHeight = 64;

/** Day by day and building by building; only what is on screen is in the page. */
export function CollectionList({
  rows,
  days,
  selection,
  onSelection,
  actions,
}: CollectionListProps) {
  const { t } = useTranslation();
  const kinds = useKinds();
  const list = useRef<HTMLUListElement>(null);
  const items = useMemo(() => itemsOf(rows, days), [rows, days]);
  const offsets = useMemo(() => {
    const places = [0];
    let end = 0;
    for (const item of items) {
      end += "day" in item ? dayHeight : itemHeight;
      places.push(end);
    }
    return places;
  }, [items]);
  const { first, last } = useVisible(list, offsets);
  // There may be hundreds: Tab comes to one of them, and the arrows to the others.
  const [active, setActive] = useState<number>();
  const shown = items.slice(first, last + 1);
  const isActive = (item: Item) => "collection" in item && item.collection.id === active;
  const stop = (shown.find(isActive) ?? shown.find((item) => "collection" in item)) as
    | Extract<Item, { collection: unknown }>
    | undefined;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const item = items.find(isActive);
    if (event.key === "Delete" && item !== undefined && "collection" in item) {
      actions.remove([item.collection]);
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") {
      return;
    }
    event.preventDefault();
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-item]")].sort(
      (a, b) => a.offsetTop - b.offsetTop,
    );
    const here = all.findIndex((element) => element.contains(document.activeElement));
    const next = all[here + (event.key === "ArrowDown" ? 1 : -1)];
    const part = document.activeElement instanceof HTMLInputElement ? "input" : "button";
    next?.querySelector<HTMLElement>(part)?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  };
  if (items.length === 0) {
    return <EmptyState title={t("collections.empty_title")} text={t("collections.empty_text")} />;
  }
  return (
    <ul
      ref={list}
      className={classes.list}
      style={{ height: offsets[items.length] }}
      onKeyDown={onKeyDown}
    >
      {shown.map((item, index) => {
        const top = offsets[first + index] ?? 0;
        return "day" in item ? (
          <DayHeading key={item.day} day={item.day} count={item.count} top={top} />
        ) : (
          <ListItem
            key={item.collection.id}
            collection={item.collection}
            building={item.building}
            kind={kinds.get(item.collection.type)}
            top={top}
            selected={selection.ids.has(item.collection.id)}
            tabIndex={item === stop ? 0 : -1}
            onFocus={() => setActive(item.collection.id)}
            onToggle={() => onSelection(toggled(selection, [item.collection.id]))}
            onOpen={() => actions.open(item.collection)}
          />
        );
      })}
    </ul>
  );
}

function itemsOf(rows: readonly Row[], days: readonly string[]): Item[] {
  return days.flatMap((day, column) => {
    const items = rows.flatMap(({ building, cells }) =>
      (cells[column] ?? []).map((collection): Item => ({ collection, building })),
    );
    return items.length === 0 ? [] : [{ day, count: items.length }, ...items];
  });
}

const DayHeading = memo(function DayHeading(props: { day: string; count: number; top: number }) {
  const { t } = useTranslation();
  return (
    <li className={classes.day} style={{ top: props.top }}>
      <h3>{nearDayText(props.day, t, currentLanguage())}</h3>
      <span>{t("collections.count", { count: props.count })}</span>
    </li>
  );
});

type ListItemProps = {
  collection: CalendarCollection;
  building: CalendarBuilding;
  kind: KindWords | undefined;
  top: number;
  selected: boolean;
  tabIndex: 0 | -1;
  onFocus: () => void;
  onToggle: () => void;
  onOpen: () => void;
};

function ListItem({
  collection,
  building,
  kind,
  top,
  selected,
  tabIndex,
  onFocus,
  onToggle,
  onOpen,
}: ListItemProps) {
  const { t } = useTranslation();
  const street = streetLine(building.address, t);
  const name = kind?.name ?? collection.type;
  const { time_from, time_to, note, rule_id, changed } = collection;
  return (
    <li
      className={classes.item}
      data-item
      onFocus={onFocus}
      data-selected={selected || undefined}
      style={{ top, ...kind?.style }}
    >
      <Checkbox
        size="md"
        classNames={{ root: classes.check ?? "" }}
        aria-label={t("collections.choose_one", { kind: name, address: street })}
        tabIndex={tabIndex}
        checked={selected}
        onChange={onToggle}
      />
      <span className={classes.kind}>
        <KindIcon code={collection.type} size={20} />
      </span>
      <span className={classes.text}>
        <button type="button" className={classes.open} tabIndex={tabIndex} onClick={onOpen}>
          {street}
        </button>
        <span className={classes.quiet}>
          <strong>{name}</strong>
          {[time_from && `${time_from}–${time_to}`, note, cityLine(building.address)]
            .filter((part) => part !== "")
            .map((part) => ` · ${part}`)}
        </span>
      </span>
      {rule_id !== null && (
        <span
          className={classes.rule}
          role="img"
          aria-label={t(changed ? "collections.changed_by_hand" : "collections.from_rule")}
          title={t(changed ? "collections.changed_by_hand" : "collections.from_rule")}
        >
          {changed ? <IconPencil size={16} aria-hidden /> : <IconRepeat size={16} aria-hidden />}
        </span>
      )}
    </li>
  );
}
