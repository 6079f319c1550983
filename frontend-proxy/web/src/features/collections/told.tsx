import { Button } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CalendarBuilding } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { Notice } from "@/shared/ui/view-states";
import { RefusedRows } from "./refused-rows";
import classes from "./told.module.css";
import type { Changes, Done, Refused } from "./use-changes";
import { usePlaceText } from "./use-place-text";

type ToldProps = {
  changes: Changes;
  buildings: readonly CalendarBuilding[];
  /** How many are ready to be pasted. */
  taken: number;
  /** There are more buildings than are shown. */
  more: boolean;
  /** Something else is at the bottom of the page. */
  raised: boolean;
};

/** What was done and can be undone, and what the server has refused. */
export function Told({ changes, buildings, taken, more, raised }: ToldProps) {
  const { t } = useTranslation();
  const { done, refused, forget } = changes;
  return (
    <>
      {more && <Notice>{t("collections.more_buildings", { count: buildings.length })}</Notice>}
      {refused !== undefined && (
        <RefusedNotice refused={refused} buildings={buildings} onClose={forget} />
      )}
      <div className={classes.bar} role="status" data-raised={raised || undefined}>
        {done !== undefined ? (
          <DoneNotice key={done.key} done={done} onEnd={forget} />
        ) : (
          taken > 0 && <TakenNotice key={taken} count={taken} />
        )}
      </div>
    </>
  );
}

// For as long as it can be undone.
const undoable = 10_000;

function DoneNotice({ done, onEnd }: { done: Done; onEnd: () => void }) {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  const end = useEffectEvent(onEnd);
  useEffect(() => {
    if (held) {
      return;
    }
    const timer = setTimeout(() => end(), undoable);
    return () => clearTimeout(timer);
  }, [held]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it stays while somebody is at it
    <div
      className={classes.done}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{t(`collections.done.${done.what}`, { count: done.count })}</span>
      {done.undo !== undefined && (
        <Button
          size="compact-md"
          onClick={() => {
            onEnd();
            done.undo?.();
          }}
        >
          {t("collections.undo")}
        </Button>
      )}
    </div>
  );
}

function TakenNotice({ count }: { count: number }) {
  const { t } = useTranslation();
  return (
    <div className={classes.done}>
      <span>{t("collections.taken", { count })}</span>
    </div>
  );
}

type RefusedNoticeProps = {
  refused: Refused;
  buildings: readonly CalendarBuilding[];
  onClose: () => void;
};

function RefusedNotice({ refused, buildings, onClose }: RefusedNoticeProps) {
  const { t } = useTranslation();
  const text = usePlaceText(buildings);
  return (
    <div className={classes.refused} role="alert">
      <IconAlertCircle size={20} aria-hidden />
      <div className={classes.why}>
        <strong>{t(`collections.refused.${refused.what}`)}</strong>
        {refused.rows.length === 0 ? (
          <span>{errorText(t, refused.error)}</span>
        ) : (
          <RefusedRows
            rows={refused.rows.map(({ collection, reason }, index) => ({
              key: `${collection.id} ${index}`,
              text: text(collection),
              reason,
            }))}
          />
        )}
      </div>
      <Button onClick={onClose}>{t("app.close")}</Button>
    </div>
  );
}
