import { ActionIcon } from "@mantine/core";
import { useWindowEvent } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import classes from "./side-panel.module.css";
import { useReturnFocus } from "./use-return-focus";

type SidePanelProps = {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
};

/** Details beside a list, which stays usable. Esc closes; on a phone it covers the page. */
export function SidePanel({ title, onClose, children }: SidePanelProps) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();

  useWindowEvent("keydown", (event) => {
    if (event.key === "Escape" && document.querySelector('[aria-modal="true"]') === null) {
      onClose();
    }
  });
  useReturnFocus();
  useEffect(() => heading.current?.focus(), []);

  return (
    <aside className={classes.panel} aria-labelledby={id}>
      <header className={classes.header}>
        <h2 id={id} ref={heading} tabIndex={-1} className={classes.title}>
          {title}
        </h2>
        <ActionIcon aria-label={t("app.close")} onClick={onClose}>
          <IconX size={20} aria-hidden />
        </ActionIcon>
      </header>
      <div className={classes.body}>{children}</div>
    </aside>
  );
}
