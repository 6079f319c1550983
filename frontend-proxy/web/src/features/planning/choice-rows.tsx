import { Checkbox, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { FillObstacle, FillWorker } from "@/shared/api/types";
import classes from "./many-dialogs.module.css";

/** A run that somebody could do. */
export type ChoiceRow = {
  key: string;
  /** The tour and the day. */
  text: string;
  region: number | undefined;
  /** Who is proposed or chosen; undefined leaves it out. */
  worker: number | undefined;
  taken: boolean;
  /** Why that person, or why nobody. */
  why: string;
  /** It stays as it is, whoever is chosen. */
  fixed: boolean;
};

type ChoiceRowsProps = {
  label: string;
  rows: readonly ChoiceRow[];
  workers: readonly FillWorker[];
  onChange: (key: string, change: Partial<Pick<ChoiceRow, "worker" | "taken">>) => void;
};

/** Runs with who could do them: each can be left out or given to somebody else. */
export function ChoiceRows({ label, rows, workers, onChange }: ChoiceRowsProps) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keys too
    <ul className={classes.rows} aria-label={label} tabIndex={0}>
      {rows.map((row) => (
        <li key={row.key}>
          <Checkbox
            aria-label={t("fill.take", { run: row.text })}
            checked={row.taken}
            disabled={row.fixed || row.worker === undefined}
            onChange={(event) => onChange(row.key, { taken: event.currentTarget.checked })}
          />
          <span className={classes.what}>
            {row.text}
            <small>{row.why}</small>
          </span>
          {!row.fixed && (
            <Select
              className={classes.who ?? ""}
              aria-label={t("fill.worker_of", { run: row.text })}
              placeholder={t("fill.nobody")}
              searchable
              clearable
              data={workers
                .filter(
                  ({ region_ids }) => row.region === undefined || region_ids.includes(row.region),
                )
                .map(({ worker }) => ({ value: String(worker.id), label: fullName(worker) }))}
              value={row.worker === undefined ? null : String(row.worker)}
              onChange={(chosen) =>
                onChange(row.key, {
                  worker: chosen === null ? undefined : Number(chosen),
                  taken: chosen !== null,
                })
              }
            />
          )}
        </li>
      ))}
    </ul>
  );
}

/** Why somebody is proposed, or why nobody fits. */
export function useWhy(): (because: string, obstacles: readonly FillObstacle[]) => string {
  const { t } = useTranslation();
  return (because, obstacles) => {
    if (because === "usual" || because === "last_week" || because === "region") {
      return t(`fill.because.${because}`);
    }
    return obstacles.length === 0
      ? t("fill.no_workers")
      : t("fill.nobody_fits", {
          why: obstacles
            .map(({ reason, count }) => t(`fill.obstacle.${reason as "absent"}`, { count }))
            .join(", "),
        });
  };
}
