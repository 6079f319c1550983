import { IconArrowsSort, IconMinus, IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { streetLine } from "../address";
import type { StopChange } from "../api/types";
import classes from "./stop-changes.module.css";

const icons = { added: IconPlus, removed: IconMinus, moved: IconArrowsSort };

/** Which stops were added, removed or moved. */
export function StopChanges({ changes }: { changes: readonly StopChange[] }) {
  const { t } = useTranslation();
  return (
    <ul className={classes.changes} aria-label={t("stop_change.list")}>
      {changes.map(({ kind, building, position, before }) => {
        const Icon = icons[kind];
        return (
          <li key={building.id} data-kind={kind}>
            <Icon size={18} aria-hidden />
            <span>
              <strong>
                {building.address.street === ""
                  ? t("stop_change.hidden")
                  : streetLine(building.address, t)}
              </strong>{" "}
              {t(`stop_change.${kind}`, { position, before })}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
