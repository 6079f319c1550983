import { IconCheck, IconExclamationMark, IconMinus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Segment } from "../api/types";
import classes from "./stop-mark.module.css";

type StopMarkProps = { state: Segment; position: number };

/** A stop's number, or the sign of how it ended. */
export function StopMark({ state, position }: StopMarkProps) {
  const { t } = useTranslation();
  return (
    <span
      className={classes.mark}
      data-state={state}
      role="img"
      aria-label={t("progress.stop", { position, state: t(`segment.${state}`) })}
    >
      {state === "done" && <IconCheck size={16} stroke={2.5} aria-hidden />}
      {state === "skipped" && <IconMinus size={16} stroke={2.5} aria-hidden />}
      {state === "failed" && <IconExclamationMark size={16} stroke={2.5} aria-hidden />}
      {state !== "done" && state !== "skipped" && state !== "failed" && position}
    </span>
  );
}
