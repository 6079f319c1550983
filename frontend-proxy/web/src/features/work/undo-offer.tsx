import { Button, CloseButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useOutbox } from "./outbox/outbox-context";
import type { Undoable } from "./undo-bar";
import classes from "./undo-bar.module.css";

type UndoOfferProps = { held: Undoable; onUndone: (buildingId: number) => void };

/** What was done, the way back, and the way to send it at once. */
export function UndoOffer({ held, onUndone }: UndoOfferProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  return (
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
  );
}
