import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./selection-bar.module.css";

type SelectionBarProps = {
  label: string;
  /** How many are chosen, in words. */
  text: string;
  onClear: () => void;
  /** The buttons. */
  children: ReactNode;
};

/** What can be done with what is chosen. */
export function SelectionBar({ label, text, onClear, children }: SelectionBarProps) {
  const { t } = useTranslation();
  return (
    <section className={classes.bar} aria-label={label}>
      <strong aria-live="polite">{text}</strong>
      <div className={classes.actions}>
        {children}
        <ActionIcon aria-label={t("grid.choose_nothing")} onClick={onClear}>
          <IconX size={20} aria-hidden />
        </ActionIcon>
      </div>
    </section>
  );
}
