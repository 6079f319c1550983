import { Button } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { type ReactNode, useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { errorText } from "../i18n/error-text";
import classes from "./notices.module.css";
import { type RefusedPlace, RefusedRows } from "./refused-rows";

type DoneBarProps = {
  /** Something else is at the bottom of the page. */
  raised: boolean;
  children: ReactNode;
};

/** Where it is said what was done. */
export function DoneBar({ raised, children }: DoneBarProps) {
  return (
    <div className={classes.bar} role="status" data-raised={raised || undefined}>
      {children}
    </div>
  );
}

// For as long as it can be undone.
const undoable = 10_000;

type DoneNoticeProps = { text: string; undo?: (() => void) | undefined; onEnd?: () => void };

/** What was done, and can be undone for a while. */
export function DoneNotice({ text, undo, onEnd }: DoneNoticeProps) {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  const end = useEffectEvent(() => onEnd?.());
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
      <span>{text}</span>
      {undo !== undefined && (
        <Button
          size="compact-md"
          onClick={() => {
            onEnd?.();
            undo();
          }}
        >
          {t("grid.undo")}
        </Button>
      )}
    </div>
  );
}

type RefusedNoticeProps = {
  title: string;
  error: unknown;
  rows: readonly RefusedPlace[];
  /** What can be done about it. */
  action?: ReactNode;
  onClose: () => void;
};

/** What the server has refused, and why. */
export function RefusedNotice({ title, error, rows, action, onClose }: RefusedNoticeProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.refused} role="alert">
      <IconAlertCircle size={20} aria-hidden />
      <div className={classes.why}>
        <strong>{title}</strong>
        {rows.length === 0 ? <span>{errorText(t, error)}</span> : <RefusedRows rows={rows} />}
      </div>
      {action}
      <Button onClick={onClose}>{t("app.close")}</Button>
    </div>
  );
}
