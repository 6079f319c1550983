import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { ApiError } from "@/shared/api/client";
import type { CalendarCollection } from "@/shared/api/types";
import {
  type CalendarRequest,
  type CopiedTo,
  calendarQuery,
  changeCollections,
  copyCollections,
  deleteCollections,
  type MovedTo,
  restoreCollections,
  type SharedChange,
  storeChange,
} from "./queries";
import type { Pending } from "./rows";

export type What = "moved" | "copied" | "made" | "changed" | "deleted" | "restored" | "undone";

/** Something that has been done, and can be undone for a while. */
export type Done = { key: number; what: What; count: number; undo: (() => void) | undefined };

/** Something that the server has refused: nothing of it was done. */
export type Refused = {
  what: What;
  error: unknown;
  /** Those that stand in the way, and why. */
  rows: readonly { collection: CalendarCollection; reason: string }[];
  /** All that jumped back. */
  ids: ReadonlySet<number>;
};

export type Changes = {
  pending: readonly Pending[];
  done: Done | undefined;
  refused: Refused | undefined;
  move: (moves: readonly MovedTo[], change?: SharedChange) => Promise<boolean>;
  copy: (copies: readonly CopiedTo[]) => Promise<boolean>;
  remove: (collections: readonly CalendarCollection[]) => Promise<boolean>;
  /** Says that something was done elsewhere, as in a dialog. */
  tell: (what: What, count: number, undo?: () => void) => void;
  /** Gives back to what was just changed what it was before: its date, and the rest if it is given. */
  revert: (moves: readonly MovedTo[], before?: SharedChange) => void;
  /** Deletes what was just made. */
  unmake: (ids: readonly number[]) => void;
  forget: () => void;
};

let nextTemporary = -1;
let nextKey = 1;

/** What people do with the collections on screen: shown at once, taken back in sight of everybody when the server refuses. */
export function useChanges(request: CalendarRequest): Changes {
  const queryClient = useQueryClient();
  const [pending, setPending] = useState<readonly Pending[]>([]);
  const [done, setDone] = useState<Done>();
  const [refused, setRefused] = useState<Refused>();
  const present = useRef(request);
  present.current = request;

  const refetch = useCallback(
    () => void queryClient.invalidateQueries(calendarQuery(present.current)),
    [queryClient],
  );

  const attempt = useCallback(
    async <Answer>(job: {
      what: What;
      collections: readonly CalendarCollection[];
      ahead: Omit<Pending, "key">;
      send: () => Promise<Answer>;
      store: (answer: Answer) => void;
      undo: (answer: Answer) => (() => void) | undefined;
    }): Promise<boolean> => {
      const key = String(nextKey++);
      setPending((all) => [...all, { key, ...job.ahead }]);
      setRefused(undefined);
      try {
        const answer = await job.send();
        job.store(answer);
        setDone({
          key: nextKey++,
          what: job.what,
          count: job.collections.length,
          undo: job.undo(answer),
        });
        return true;
      } catch (error) {
        const rows = error instanceof ApiError ? error.rows : [];
        setDone(undefined);
        setRefused({
          what: job.what,
          error,
          rows: rows.flatMap(({ index, reason }) => {
            const collection = job.collections[index];
            return collection === undefined ? [] : [{ collection, reason }];
          }),
          ids: new Set(job.collections.map(({ id }) => id)),
        });
        refetch();
        return false;
      } finally {
        // After the cache has told what is in it now.
        setTimeout(() => setPending((all) => all.filter((one) => one.key !== key)));
      }
    },
    [refetch],
  );

  const store = useCallback(
    (changed: readonly CalendarCollection[], removed: readonly number[] = []) =>
      storeChange(queryClient, present.current, changed, removed),
    [queryClient],
  );

  const change = useCallback(
    (what: What, moves: readonly MovedTo[], shared: SharedChange = {}): Promise<boolean> =>
      attempt({
        what,
        collections: moves.map(({ collection }) => collection),
        ahead: {
          changed: moves.map(({ collection, date }) => ahead(collection, date, shared)),
          removed: [],
        },
        send: () => changeCollections(moves, shared),
        store,
        undo: (after) =>
          what === "moved"
            ? () => {
                const dates = new Map(
                  moves.map(({ collection }) => [collection.id, collection.date]),
                );
                void change(
                  "undone",
                  after.map((collection) => ({
                    collection,
                    date: dates.get(collection.id) ?? collection.date,
                  })),
                );
              }
            : undefined,
      }),
    [attempt, store],
  );

  const restore = useCallback(
    (collections: readonly CalendarCollection[]) => {
      const ids = collections.map(({ id }) => id);
      void attempt({
        what: "restored",
        collections,
        ahead: { changed: collections, removed: [] },
        send: () => restoreCollections(ids),
        // The version has grown; until it is read again the rest is right.
        store: () => {
          store(collections);
          refetch();
        },
        undo: () => undefined,
      });
    },
    [attempt, store, refetch],
  );

  const unmake = useCallback(
    (ids: readonly number[]) => {
      void attempt({
        what: "undone",
        collections: [],
        ahead: { changed: [], removed: ids },
        send: () => deleteCollections(ids),
        store: () => store([], ids),
        undo: () => undefined,
      });
    },
    [attempt, store],
  );

  return {
    pending,
    done,
    refused,
    move: useCallback(
      (moves, shared) => change(shared === undefined ? "moved" : "changed", moves, shared),
      [change],
    ),
    copy: useCallback(
      (copies) =>
        attempt({
          what: "copied",
          collections: copies.map(({ collection }) => collection),
          ahead: {
            changed: copies.map(({ collection, date, building }) => ({
              ...collection,
              id: nextTemporary--,
              building_id: building,
              date,
              rule_id: null,
              changed: false,
            })),
            removed: [],
          },
          send: () => copyCollections(copies),
          store,
          undo: (made) => () => unmake(made.map(({ id }) => id)),
        }),
      [attempt, store, unmake],
    ),
    remove: useCallback(
      (collections) => {
        const ids = collections.map(({ id }) => id);
        return attempt({
          what: "deleted",
          collections,
          ahead: { changed: [], removed: ids },
          send: () => deleteCollections(ids),
          store: () => store([], ids),
          undo: () => () => restore(collections),
        });
      },
      [attempt, store, restore],
    ),
    tell: useCallback((what, count, undo) => {
      setRefused(undefined);
      setDone({ key: nextKey++, what, count, undo });
    }, []),
    revert: useCallback((moves, before) => void change("undone", moves, before), [change]),
    unmake,
    forget: useCallback(() => {
      setDone(undefined);
      setRefused(undefined);
    }, []),
  };
}

function ahead(
  collection: CalendarCollection,
  date: string,
  { times, ...shared }: SharedChange,
): CalendarCollection {
  return {
    ...collection,
    ...shared,
    ...(times !== undefined && { time_from: times.from, time_to: times.to }),
    date: date === "" ? collection.date : date,
    changed: collection.rule_id !== null,
  };
}
