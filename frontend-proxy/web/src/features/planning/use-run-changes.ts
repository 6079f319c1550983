import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { ApiError } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { PlanningRun, PlanningTour } from "@/shared/api/types";
import { newRun, type PendingRuns, type RunPlace, workOn } from "./plan";
import { cancelRuns, changeRuns, type MovedRun, planRuns, storeRuns } from "./queries";
import type { PlanRequest } from "./week-plan-query";

export type What = "moved" | "planned" | "cancelled" | "undone";

/** Something that has been done, and can be undone for a while. */
export type Done = { key: number; what: What; count: number; undo: (() => void) | undefined };

/** Something that the server has refused: nothing of it was done. */
export type Refused = {
  what: What;
  error: unknown;
  /** Those that stand in the way, and why. */
  rows: readonly { place: RunPlace; reason: string }[];
  /** All that jumped back. */
  ids: ReadonlySet<number>;
  /** Does it all the same, when nothing but somebody's availability stands in the way. */
  insist: (() => void) | undefined;
};

export type RunChanges = {
  pending: readonly PendingRuns[];
  done: Done | undefined;
  refused: Refused | undefined;
  move: (moves: readonly MovedRun[]) => void;
  plan: (places: readonly RunPlace[]) => void;
  /** Plans what nobody has: refused when somebody else has given it away meanwhile. */
  planNeeded: (places: readonly RunPlace[]) => void;
  cancel: (runs: readonly PlanningRun[], reason: string) => void;
  /** Says that runs were planned elsewhere, as in a dialog. */
  tellPlanned: (ids: readonly number[]) => void;
  forget: () => void;
};

let nextTemporary = -1;
let nextKey = 1;

type Job<Answer> = {
  what: What;
  places: readonly RunPlace[];
  /** The runs that exist. */
  ids: readonly number[];
  ahead: Omit<PendingRuns, "key">;
  send: () => Promise<Answer>;
  store: (answer: Answer) => void;
  undo: ((answer: Answer) => void) | undefined;
  insist: (() => void) | undefined;
};

/** What the office does with runs: shown at once, taken back in sight of everybody when the server refuses. */
export function useRunChanges(
  request: PlanRequest,
  tours: readonly PlanningTour[],
  /** Why what was planned and undone does not take place, as its worker reads it. */
  undoReason: string,
): RunChanges {
  const queryClient = useQueryClient();
  const [pending, setPending] = useState<readonly PendingRuns[]>([]);
  const [done, setDone] = useState<Done>();
  const [refused, setRefused] = useState<Refused>();
  const present = useRef({ request, tours, undoReason });
  present.current = { request, tours, undoReason };

  const refetch = useCallback(
    () => void queryClient.invalidateQueries({ queryKey: queryKeys.weekPlans }),
    [queryClient],
  );
  const store = useCallback(
    (changed: readonly PlanningRun[], removed: readonly number[] = []) =>
      storeRuns(queryClient, present.current.request, changed, removed),
    [queryClient],
  );
  const tourOf = useCallback(
    (place: RunPlace) => present.current.tours.find(({ id }) => id === place.tour_id),
    [],
  );

  // One after the other: what is done next to a run has to name the version that comes of this.
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const versions = useRef(new Map<number, number>());
  const newest = useCallback(
    <Run extends { id: number; version: number }>(run: Run): Run => ({
      ...run,
      version: Math.max(run.version, versions.current.get(run.id) ?? 0),
    }),
    [],
  );

  const attempt = useCallback(
    async <Answer>(job: Job<Answer>): Promise<void> => {
      const key = String(nextKey++);
      setPending((all) => [...all, { key, ...job.ahead }]);
      setRefused(undefined);
      try {
        const sent = queue.current.then(job.send);
        queue.current = sent.catch(() => undefined); // whoever waits does so whatever came of it
        const answer = await sent;
        job.store(answer);
        const { undo } = job;
        setDone({
          key: nextKey++,
          what: job.what,
          count: job.places.length,
          undo: undo === undefined ? undefined : () => undo(answer),
        });
      } catch (error) {
        const rows = error instanceof ApiError ? error.rows : [];
        setDone(undefined);
        setRefused({
          what: job.what,
          error,
          rows: rows.flatMap(({ index, reason }) => {
            const place = job.places[index];
            return place === undefined ? [] : [{ place, reason }];
          }),
          ids: new Set(job.ids),
          insist:
            rows.length > 0 &&
            rows.every(({ reason }) => reason === "absent" || reason === "other_weekdays")
              ? job.insist
              : undefined,
        });
        refetch();
      } finally {
        // After the cache has told what is in it now.
        setTimeout(() => setPending((all) => all.filter((one) => one.key !== key)));
      }
    },
    [refetch],
  );

  const move = useCallback(
    (moves: readonly MovedRun[], what: What = "moved", despite = false): void => {
      const at = (run: PlanningRun, to: RunPlace, version: number): PlanningRun => ({
        ...run,
        ...to,
        ...workOn(tourOf(to), to.date),
        version,
      });
      void attempt({
        what,
        places: moves.map(({ to }) => to),
        ids: moves.map(({ run }) => run.id),
        ahead: { changed: moves.map(({ run, to }) => at(run, to, run.version)), removed: [] },
        send: async () => {
          const after = await changeRuns(
            moves.map(({ run, to }) => ({ run: newest(run), to })),
            despite,
          );
          for (const { id, version } of after) {
            versions.current.set(id, version);
          }
          return after;
        },
        store: (after) =>
          store(
            moves.map(({ run, to }, index) => at(run, to, after[index]?.version ?? run.version)),
          ),
        undo:
          what === "undone"
            ? undefined
            : (after) =>
                move(
                  moves.map(({ run, to }, index) => ({
                    run: at(run, to, after[index]?.version ?? run.version),
                    to: placeOf(run),
                  })),
                  "undone",
                  true,
                ),
        insist: () => move(moves, what, true),
      });
    },
    [attempt, store, tourOf, newest],
  );

  const unplan = useCallback(
    (runs: readonly { id: number; version: number }[]) =>
      void attempt({
        what: "undone",
        places: [],
        ids: runs.map(({ id }) => id),
        ahead: { changed: [], removed: runs.map(({ id }) => id) },
        send: () => cancelRuns(runs.map(newest), present.current.undoReason),
        store: () =>
          store(
            [],
            runs.map(({ id }) => id),
          ),
        undo: undefined,
        insist: undefined,
      }),
    [attempt, store, newest],
  );

  const plan = useCallback(
    (
      places: readonly RunPlace[],
      what: What = "planned",
      despite = false,
      needed = false,
    ): void => {
      const made = (id: number, place: RunPlace) => newRun(id, place, tourOf(place));
      void attempt({
        what,
        places,
        ids: [],
        ahead: { changed: places.map((place) => made(nextTemporary--, place)), removed: [] },
        send: () => planRuns(places, despite, needed),
        store: (ids) => store(places.flatMap((place, index) => made(ids[index] ?? 0, place))),
        undo:
          what === "undone" ? undefined : (ids) => unplan(ids.map((id) => ({ id, version: 1 }))),
        insist: () => plan(places, what, true, needed),
      });
    },
    [attempt, store, unplan, tourOf],
  );

  return {
    pending,
    done,
    refused,
    move: useCallback((moves) => move(moves), [move]),
    plan: useCallback((places) => plan(places), [plan]),
    planNeeded: useCallback((places) => plan(places, "planned", false, true), [plan]),
    cancel: useCallback(
      (runs, reason) => {
        const ids = runs.map(({ id }) => id);
        void attempt({
          what: "cancelled",
          places: runs.map(placeOf),
          ids,
          ahead: { changed: [], removed: ids },
          send: () => cancelRuns(runs.map(newest), reason),
          store: () => store([], ids),
          // A cancelled run stays so, and another one takes its place.
          undo: () => plan(runs.map(placeOf), "undone", true),
          insist: undefined,
        });
      },
      [attempt, store, plan, newest],
    ),
    tellPlanned: useCallback(
      (ids) => {
        setRefused(undefined);
        setDone({
          key: nextKey++,
          what: "planned",
          count: ids.length,
          undo: () => unplan(ids.map((id) => ({ id, version: 1 }))),
        });
        refetch();
      },
      [unplan, refetch],
    ),
    forget: useCallback(() => {
      setDone(undefined);
      setRefused(undefined);
    }, []),
  };
}

export function placeOf({ tour_id, worker_id, date }: RunPlace): RunPlace {
  return { tour_id, worker_id, date };
}
