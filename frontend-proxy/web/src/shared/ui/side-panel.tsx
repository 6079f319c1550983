import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useEffectEvent, useId, useRef } from "react";
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

  // In the capturing phase and before any dialog that opens later: a dialog that Esc closes is gone afterwards.
  const close = useEffectEvent(onClose);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && document.querySelector('[aria-modal="true"]') === null) {
        close();
      }
    };
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, []);
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
