import { ActionIcon, Button } from "@mantine/core";
import { IconArrowRight, IconCopy, IconPencil, IconTrash, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./selection-bar.module.css";

type SelectionBarProps = {
  count: number;
  onMove: () => void;
  onCopy: () => void;
  onChange: () => void;
  onDelete: () => void;
  onClear: () => void;
};

/** What can be done with what is chosen. */
export function SelectionBar({
  count,
  onMove,
  onCopy,
  onChange,
  onDelete,
  onClear,
}: SelectionBarProps) {
  const { t } = useTranslation();
  return (
    <section className={classes.bar} aria-label={t("collections.chosen_actions")}>
      <strong aria-live="polite">{t("collections.chosen", { count })}</strong>
      <div className={classes.actions}>
        <Button leftSection={<IconArrowRight size={18} aria-hidden />} onClick={onMove}>
          {t("collections.move_to")}
        </Button>
        <Button leftSection={<IconCopy size={18} aria-hidden />} onClick={onCopy}>
          {t("collections.copy_to")}
        </Button>
        <Button leftSection={<IconPencil size={18} aria-hidden />} onClick={onChange}>
          {t("collections.change_to")}
        </Button>
        <Button leftSection={<IconTrash size={18} aria-hidden />} onClick={onDelete}>
          {t("collections.delete")}
        </Button>
        <ActionIcon aria-label={t("collections.choose_nothing")} onClick={onClear}>
          <IconX size={20} aria-hidden />
        </ActionIcon>
      </div>
    </section>
  );
}
