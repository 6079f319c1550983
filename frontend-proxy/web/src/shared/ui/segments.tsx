import { useTranslation } from "react-i18next";
import type { Segment } from "../api/types";
import classes from "./segments.module.css";

const settled: readonly Segment[] = ["done", "skipped", "failed"];

type SegmentsProps = {
  segments: readonly Segment[];
  /** Index of the stop that is being worked on. */
  current?: number;
};

/** A run's progress: one piece per stop. Each state has its own shape, not only a tone. */
export function Segments({ segments, current }: SegmentsProps) {
  const { t } = useTranslation();
  const done = segments.filter((segment) => settled.includes(segment)).length;
  return (
    <div
      className={classes.segments}
      data-many={segments.length > 24 || undefined}
      role="img"
      aria-label={t("progress.label", { done, stops: segments.length })}
    >
      {segments.map((segment, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a stop is its position
          key={index}
          className={classes.segment}
          data-state={segment}
          data-current={index === current || undefined}
          title={t("progress.stop", { position: index + 1, state: t(`segment.${segment}`) })}
        />
      ))}
    </div>
  );
}
