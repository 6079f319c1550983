import { useTranslation } from "react-i18next";
import type { CalendarBuilding } from "@/shared/api/types";
import { DoneBar, DoneNotice, RefusedNotice } from "@/shared/day-grid/notices";
import { Notice } from "@/shared/ui/view-states";
import type { Changes } from "./use-changes";
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
  const text = usePlaceText(buildings);
  return (
    <>
      {more && <Notice>{t("collections.more_buildings", { count: buildings.length })}</Notice>}
      {refused !== undefined && (
        <RefusedNotice
          title={t(`collections.refused.${refused.what}`)}
          error={refused.error}
          rows={refused.rows.map(({ collection, reason }, index) => ({
            key: `${collection.id} ${index}`,
            text: text(collection),
            reason,
          }))}
          onClose={forget}
        />
      )}
      <DoneBar raised={raised}>
        {done !== undefined ? (
          <DoneNotice
            key={done.key}
            text={t(`collections.done.${done.what}`, { count: done.count })}
            undo={done.undo}
            onEnd={forget}
          />
        ) : (
          taken > 0 && <DoneNotice key={taken} text={t("collections.taken", { count: taken })} />
        )}
      </DoneBar>
    </>
  );
}
