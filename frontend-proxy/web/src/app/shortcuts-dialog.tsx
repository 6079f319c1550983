import { Kbd, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { switchShortcuts, useShortcutsOn } from "@/shared/shortcuts";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import classes from "./shortcuts-dialog.module.css";

const shortcuts = [
  ["n", "shortcuts.plan"],
  ["/", "shortcuts.search"],
  ["?", "shortcuts.help"],
  ["↑ ↓", "shortcuts.rows"],
  ["Esc", "shortcuts.close"],
] as const;

// In the grid of the planning, and in that of the collections but for R.
const inGrid = [
  ["n ↵", "shortcuts.grid.plan"],
  ["Space", "shortcuts.grid.choose"],
  ["⇧ + ↑ ↓", "shortcuts.grid.span"],
  ["m", "shortcuts.grid.move"],
  ["r", "shortcuts.grid.repeat"],
  ["c v", "shortcuts.grid.copy"],
  ["Del", "shortcuts.grid.remove"],
  ["Ctrl + a", "shortcuts.grid.all"],
] as const;

/** What the keys do, and the switch for those that act alone. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const on = useShortcutsOn();
  return (
    <Dialog title={t("shortcuts.title")} onClose={onClose}>
      <div className={dialog.content}>
        <dl className={classes.keys}>
          {shortcuts.map(([key, text]) => (
            <div key={key}>
              <dt>
                <Kbd>{key}</Kbd>
              </dt>
              <dd>{t(text)}</dd>
            </div>
          ))}
        </dl>
        <h3 className={classes.where}>{t("shortcuts.grid.title")}</h3>
        <dl className={classes.keys}>
          {inGrid.map(([key, text]) => (
            <div key={key}>
              <dt>
                <Kbd>{key}</Kbd>
              </dt>
              <dd>{t(text)}</dd>
            </div>
          ))}
        </dl>
        <Switch
          label={t("shortcuts.single_keys")}
          description={t("shortcuts.single_keys_hint")}
          checked={on}
          onChange={(event) => switchShortcuts(event.currentTarget.checked)}
        />
      </div>
    </Dialog>
  );
}
