import { Button, CloseButton } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { OutcomeEntry, StepEntry } from "./outbox/entries";
import { isHeld } from "./outbox/entries";
import { useOutbox, useOutboxSnapshot } from "./outbox/outbox-context";
import classes from "./undo-bar.module.css";

/** How long a step or an outcome can be undone, in milliseconds: it is not sent before. */
export const undoTime = 10_000;

type Undoable = StepEntry | OutcomeEntry;

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
  const { t } = useTranslation();
  const outbox = useOutbox();
  const held = useUndoable(runId);
  return (
    <div role="status" className={classes.region}>
      {held !== undefined && (
        <div className={classes.bar}>
          <span className={classes.text}>
            {held.kind === "step" ? t(`undo.${held.step}`) : t(`undo.${held.outcome}`)}
            {held.address !== undefined && <small>{held.address}</small>}
          </span>
          <Button
            className={classes.undo ?? ""}
            onClick={async () => {
              if (await outbox.takeBack(held.id)) {
                onUndone(held.buildingId);
              }
            }}
          >
            {t("undo.undo")}
          </Button>
          <CloseButton aria-label={t("undo.send")} onClick={() => void outbox.letGo(held.id)} />
        </div>
      )}
    </div>
  );
}
