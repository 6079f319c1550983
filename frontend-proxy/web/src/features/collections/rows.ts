import type { CalendarBuilding, CalendarCollection } from "@/shared/api/types";
import type { DayRow } from "@/shared/day-grid/rows";

/** The collections of a building, by building; of those that have any. */
export type CollectionsOf = ReadonlyMap<number, readonly CalendarCollection[]>;

/** What is on its way to the server: collections that are changed, gone, or new (with ids below 0). */
export type Pending = {
  key: string;
  changed: readonly CalendarCollection[];
  removed: readonly number[];
};

/** A building of the grid with what is collected there on each day. */
export type Row = DayRow<CalendarCollection> & { building: CalendarBuilding };

function inOrder(a: CalendarCollection, b: CalendarCollection): number {
  return a.date < b.date
    ? -1
    : a.date > b.date
      ? 1
      : a.type < b.type
        ? -1
        : a.type > b.type
          ? 1
          : a.id - b.id;
}

/** The collections by building. */
export function byBuilding(collections: readonly CalendarCollection[]): CollectionsOf {
  const of = new Map<number, CalendarCollection[]>();
  for (const collection of collections) {
    const list = of.get(collection.building_id);
    if (list === undefined) {
      of.set(collection.building_id, [collection]);
    } else {
      list.push(collection);
    }
  }
  return of;
}

/** Lays changed collections over those that are known, and takes others away. Lists of other buildings stay the same objects. */
export function patched(
  of: CollectionsOf,
  changed: readonly CalendarCollection[],
  removed: readonly number[] = [],
): CollectionsOf {
  if (changed.length === 0 && removed.length === 0) {
    return of;
  }
  const gone = new Set(removed);
  for (const { id } of changed) {
    gone.add(id);
  }
  const next = new Map(of);
  for (const [building, list] of of) {
    if (list.some(({ id }) => gone.has(id))) {
      next.set(
        building,
        list.filter(({ id }) => !gone.has(id)),
      );
    }
  }
  for (const [building, list] of byBuilding(changed)) {
    next.set(building, [...(next.get(building) ?? []), ...list].sort(inOrder));
  }
  return next;
}

/** What is known of some buildings on some days is what has been read anew. */
export function replaced(
  of: CollectionsOf,
  span: { buildings: readonly number[]; from: string; to: string },
  read: readonly CalendarCollection[],
): CollectionsOf {
  const removed = span.buildings.flatMap((building) =>
    (of.get(building) ?? [])
      .filter(({ date }) => date >= span.from && date <= span.to)
      .map(({ id }) => id),
  );
  return patched(of, read, removed);
}

/** The collections as they will be once everything on its way has arrived. */
export function withPending(of: CollectionsOf, pending: readonly Pending[]): CollectionsOf {
  let next = of;
  for (const { changed, removed } of pending) {
    // A new one may be known already, before the answer to who made it.
    const missing = changed.filter(
      ({ id, building_id, type, date }) =>
        id > 0 ||
        !next.get(building_id)?.some((known) => known.type === type && known.date === date),
    );
    next = patched(next, missing, removed);
  }
  return next;
}

const none: readonly CalendarCollection[] = [];

/** The rows of the grid, each made again only when the collections of its building are another list. */
export function rowMaker() {
  let known = new Map<number, { list: readonly CalendarCollection[] | undefined; row: Row }>();
  let frame = "";
  return (
    buildings: readonly CalendarBuilding[],
    of: CollectionsOf,
    days: readonly string[],
    kinds: readonly string[],
  ): Row[] => {
    const key = `${days[0]} ${days.length} ${kinds.join(",")}`;
    const before = key === frame ? known : undefined;
    const next: typeof known = new Map();
    const column = new Map(days.map((day, index) => [day, index]));
    const rows = buildings.map((building) => {
      const list = of.get(building.id);
      const old = before?.get(building.id);
      const row =
        old !== undefined && old.list === list && old.row.building === building
          ? old.row
          : makeRow(building, list ?? none, column, kinds);
      next.set(building.id, { list, row });
      return row;
    });
    known = next;
    frame = key;
    return rows;
  };
}

function makeRow(
  building: CalendarBuilding,
  list: readonly CalendarCollection[],
  column: ReadonlyMap<string, number>,
  kinds: readonly string[],
): Row {
  const cells: CalendarCollection[][] = Array.from({ length: column.size }, () => []);
  let most = 0;
  for (const collection of list) {
    const cell = cells[column.get(collection.date) ?? -1];
    if (cell !== undefined && (kinds.length === 0 || kinds.includes(collection.type))) {
      cell.push(collection);
      most = Math.max(most, cell.length);
    }
  }
  return { id: building.id, building, cells, most };
}
