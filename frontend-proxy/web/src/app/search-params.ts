import type { AnyRouter } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { isDay } from "@/shared/dates";

/**
 * What a page takes from its address. What the address does not hold, or holds in a form that means nothing, is undefined:
 * the router lays what a route gives over what the address says, and a key that is left out would let the raw value through.
 */
export type Checked<T> = { [Key in keyof T]?: T[Key] | undefined };

type Readers<T> = { [Key in keyof T]: (value: unknown) => T[Key] | undefined };

/** Reads the search of an address key by key. That something was left out is told by useSearchLeftOut. */
export function readSearch<T extends object>(readers: Readers<T>) {
  return (search: Record<string, unknown>): Checked<T> => {
    const found: Checked<T> = {};
    const leftOut: string[] = [];
    for (const key of Object.keys(readers) as (keyof T & string)[]) {
      const given = search[key];
      found[key] = readers[key](given);
      if (found[key] === undefined && given !== undefined && given !== "" && given !== false) {
        leftOut.push(key);
      }
    }
    if (leftOut.length > 0) {
      pending = leftOut;
    }
    return found;
  };
}

export function dayOrNone(value: unknown): string | undefined {
  return typeof value === "string" && isDay(value) ? value : undefined;
}

/** A month, YYYY-MM. */
export function monthOrNone(value: unknown): string | undefined {
  return typeof value === "string" && /^\d{4}-\d{2}$/.test(value) && isDay(`${value}-01`)
    ? value
    : undefined;
}

export function idOrNone(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : undefined;
}

const longestList = 200;

/** Ids, each once; a single one may stand for itself. None when there are none. */
export function idsOrNone(value: unknown): number[] | undefined {
  const ids = new Set((Array.isArray(value) ? value : [value]).map(idOrNone));
  return ids.has(undefined) || ids.size > longestList
    ? undefined
    : [...ids].filter((id) => id !== undefined);
}

export function trueOrNone(value: unknown): true | undefined {
  return value === true ? true : undefined;
}

/** Only a path of this app; never another site. */
export function ownPathOrNone(value: unknown): string | undefined {
  return typeof value === "string" && /^\/(?![/\\])/.test(value) ? value : undefined;
}

const longestSearch = 100;

/** A search that looks like a number is read as one. */
export function searchOrNone(value: unknown): string | undefined {
  const text = typeof value === "string" || typeof value === "number" ? String(value).trim() : "";
  return text === "" || text.length > longestSearch ? undefined : text;
}

// The router corrects the address as soon as it is read, and what was left out is not in it any more: it is kept here until
// the page is another one, or the address holds something in its place.
let pending: string[] | undefined;
let shown: { keys: string[]; path: string } | undefined;
const listeners = new Set<() => void>();

/** Keeps what is told of the address in step with the page. */
export function watchSearch(router: AnyRouter): void {
  router.subscribe("onResolved", ({ toLocation }) => {
    const { pathname, search } = toLocation;
    if (pending !== undefined) {
      shown = { keys: pending, path: pathname };
      pending = undefined;
    } else if (
      shown !== undefined &&
      (shown.path !== pathname || shown.keys.some((key) => Object.hasOwn(search, key)))
    ) {
      shown = undefined;
    }
    for (const listener of listeners) {
      listener();
    }
  });
}

/** True while the page shows less than its address asked for, because a part of it meant nothing. */
export function useSearchLeftOut(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown !== undefined,
  );
}
