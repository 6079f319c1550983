import { useEffect, useState } from "react";
import { lazyPart } from "@/shared/ui/lazy-part";
import type { OutcomeEntry, StepEntry } from "./outbox/entries";
import { isHeld } from "./outbox/entries";
import { useOutboxSnapshot } from "./outbox/outbox-context";
import classes from "./undo-bar.module.css";

/** How long a step or an outcome can be undone, in milliseconds: it is not sent before. */
export const undoTime = 10_000;

export type Undoable = StepEntry | OutcomeEntry;

const UndoOffer = lazyPart(async () => (await import("./undo-offer")).UndoOffer);

/** What was done last in a run and can still be undone. */
function useUndoable(runId: number): Undoable | undefined {
  const { entries } = useOutboxSnapshot();
  const [now, setNow] = useState(Date.now);
  const held = entries.findLast(
    (entry): entry is Undoable =>
      entry.runId === runId &&
      (entry.kind === "step" || entry.kind === "outcome") &&
      isHeld(entry, Math.max(now, Date.parse(entry.createdAt))),
  );
  const until = held?.heldUntil;
  useEffect(() => {
    if (until !== undefined) {
      const timer = setTimeout(() => setNow(Date.now()), Math.max(0, until - Date.now()) + 10);
      return () => clearTimeout(timer);
    }
  }, [until]);
  return held;
}

type UndoBarProps = {
  runId: number;
  /** The stop of what was undone is the one to be at. */
  onUndone: (buildingId: number) => void;
};

/** Offers for some seconds to undo what was done last, also without network and after the app was closed. */
export function UndoBar({ runId, onUndone }: UndoBarProps) {
  const held = useUndoable(runId);
  // Before there is anything to undo: the offer lasts some seconds only.
  useEffect(() => {
    UndoOffer.load().catch(() => undefined);
  }, []);
  return (
    <div role="status" className={classes.region}>
      {held !== undefined && <UndoOffer held={held} onUndone={onUndone} />}
    </div>
  );
}
