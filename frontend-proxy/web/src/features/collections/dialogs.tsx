import type { CalendarBuilding, CalendarCollection } from "@/shared/api/types";
import { ChangeDialog, PlacesDialog } from "./change-dialog";
import { CopyPeriodDialog } from "./copy-period-dialog";
import { EditDialog } from "./edit-dialog";
import { MoveKindDialog } from "./move-kind-dialog";
import { NewDialog } from "./new-dialog";
import type { CalendarRequest } from "./queries";
import { type Target, targetOf } from "./target-field";
import type { Changes } from "./use-changes";

/** The dialog that is open. */
export type Open =
  | { what: "new"; target: Target | undefined; days: readonly string[] }
  | { what: "edit"; collection: CalendarCollection }
  | { what: "move" | "copy" | "change" | "move-kind" | "copy-period" };

type DialogsProps = {
  open: Open;
  request: CalendarRequest;
  buildings: readonly CalendarBuilding[];
  chosen: readonly CalendarCollection[];
  /** A collection as it is stored now; undefined when it is gone. */
  find: (collection: CalendarCollection) => CalendarCollection | undefined;
  changes: Changes;
  onRefresh: () => void;
  onDelete: (collections: readonly CalendarCollection[]) => void;
  onStored: (collection: CalendarCollection) => void;
  onClose: () => void;
};

/** Whatever asks for more than a drag or a key. */
export function Dialogs({
  open,
  request,
  buildings,
  chosen,
  find,
  changes,
  onRefresh,
  onDelete,
  onStored,
  onClose,
}: DialogsProps) {
  const here = targetOf(request);
  const made = (ids: readonly number[]) => {
    onClose();
    onRefresh();
    changes.tell("made", ids.length, () => changes.unmake(ids));
  };
  switch (open.what) {
    case "new":
      return (
        <NewDialog
          initial={{ target: open.target ?? here, days: open.days }}
          known={buildings}
          onMade={made}
          onClose={onClose}
        />
      );
    case "edit": {
      const { collection } = open;
      const present = find(collection);
      return (
        <EditDialog
          collection={present ?? collection}
          gone={present === undefined}
          building={buildings.find(({ id }) => id === collection.building_id)}
          onSaved={(saved, { date, type, note, put_out, bring_in, time_from, time_to }) => {
            onClose();
            onStored(saved);
            const times = { from: time_from, to: time_to };
            changes.tell("changed", 1, () =>
              changes.revert([{ collection: saved, date }], {
                type,
                note,
                put_out,
                bring_in,
                times,
              }),
            );
          }}
          onDelete={() => {
            onClose();
            onDelete([present ?? collection]);
          }}
          onRefresh={onRefresh}
          onClose={onClose}
        />
      );
    }
    case "move":
    case "copy":
      return (
        <PlacesDialog
          what={open.what}
          collections={chosen}
          onDone={(to) => {
            onClose();
            void (open.what === "move"
              ? changes.move(to)
              : changes.copy(to.map((one) => ({ ...one, building: one.collection.building_id }))));
          }}
          onClose={onClose}
        />
      );
    case "change":
      return (
        <ChangeDialog
          collections={chosen}
          onDone={(change) => {
            onClose();
            void changes.move(
              chosen.map((collection) => ({ collection, date: "" })),
              change,
            );
          }}
          onClose={onClose}
        />
      );
    case "move-kind":
      return (
        <MoveKindDialog
          target={here}
          known={buildings}
          onMoved={(moved, from) => {
            onClose();
            onRefresh();
            changes.tell("moved", moved.length, () =>
              changes.revert(moved.map((collection) => ({ collection, date: from }))),
            );
          }}
          onClose={onClose}
        />
      );
    case "copy-period":
      return (
        <CopyPeriodDialog
          from={request.from}
          to={request.to}
          target={here}
          known={buildings}
          onCopied={made}
          onClose={onClose}
        />
      );
  }
}
