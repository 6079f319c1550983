import { Button } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { CalendarBuilding } from "@/shared/api/types";
import { dayText } from "@/shared/dates";
import { errorText, storedErrorText } from "@/shared/i18n/error-text";
import { currentLanguage } from "@/shared/i18n/i18n";
import { Notice } from "@/shared/ui/view-states";
import { useKinds } from "./kinds";
import classes from "./told.module.css";
import type { Changes, Done, Refused } from "./use-changes";

type ToldProps = {
  changes: Changes;
  buildings: readonly CalendarBuilding[];
  /** How many are ready to be pasted. */
  taken: number;
  /** There are more buildings than are shown. */
  more: boolean;
};

/** What was done and can be undone, and what the server has refused. */
export function Told({ changes, buildings, taken, more }: ToldProps) {
  const { t } = useTranslation();
  const { done, refused, forget } = changes;
  return (
    <>
      {more && <Notice>{t("collections.more_buildings", { count: buildings.length })}</Notice>}
      {refused !== undefined && (
        <RefusedNotice refused={refused} buildings={buildings} onClose={forget} />
      )}
      <div className={classes.bar} role="status">
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

const mostRows = 5;

type RefusedNoticeProps = {
  refused: Refused;
  buildings: readonly CalendarBuilding[];
  onClose: () => void;
};

function RefusedNotice({ refused, buildings, onClose }: RefusedNoticeProps) {
  const { t } = useTranslation();
  const kinds = useKinds();
  const language = currentLanguage();
  const street = (id: number) => {
    const building = buildings.find((candidate) => candidate.id === id);
    return building === undefined ? `#${id}` : streetLine(building.address, t);
  };
  return (
    <div className={classes.refused} role="alert">
      <IconAlertCircle size={20} aria-hidden />
      <div className={classes.why}>
        <strong>{t(`collections.refused.${refused.what}`)}</strong>
        {refused.rows.length === 0 ? (
          <span>{errorText(t, refused.error)}</span>
        ) : (
          <ul>
            {refused.rows.slice(0, mostRows).map(({ collection, reason }) => (
              <li key={`${collection.id} ${collection.date}`}>
                {street(collection.building_id)},{" "}
                {kinds.get(collection.type)?.name ?? collection.type},{" "}
                {dayText(collection.date, language)}: {storedErrorText(t, "", reason)}
              </li>
            ))}
            {refused.rows.length > mostRows && (
              <li>{t("collections.and_more", { count: refused.rows.length - mostRows })}</li>
            )}
          </ul>
        )}
      </div>
      <Button onClick={onClose}>{t("app.close")}</Button>
    </div>
  );
}
