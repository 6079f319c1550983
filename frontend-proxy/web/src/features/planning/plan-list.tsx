import { Button, Checkbox } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowRight,
  IconArrowsExchange,
  IconChevronRight,
  IconHistory,
  IconPlus,
} from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { nearDayText } from "@/shared/dates";
import { type Selection, toggled } from "@/shared/day-grid/selection";
import { currentLanguage } from "@/shared/i18n/i18n";
import type { PlanItem, PlanRow } from "./plan";
import classes from "./plan-list.module.css";
import { hoursText, type PlanWords, tourName, workerName } from "./words";

type PlanListProps = {
  rows: readonly PlanRow[];
  days: readonly string[];
  today: string;
  words: PlanWords;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  onOpen: (item: PlanItem) => void;
  onPlan: (day: string) => void;
  /** Moves what is chosen to a day. */
  onMoveTo: (day: string) => void;
};

/** Day by day, for where a grid has no room. */
export function PlanList({
  rows,
  days,
  today,
  words,
  selection,
  onSelection,
  onOpen,
  onPlan,
  onMoveTo,
}: PlanListProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const byDay = useMemo(
    () =>
      days.map((day, column) => ({ day, items: rows.flatMap(({ cells }) => cells[column] ?? []) })),
    [rows, days],
  );
  // The list begins today; what is behind is shown when somebody asks for it.
  const [past, setPast] = useState(false);
  const behind = Math.max(0, days.indexOf(today));
  const moving = selection.ids.size > 0;
  return (
    <div className={classes.days}>
      {behind > 0 && !past && (
        <Button
          variant="subtle"
          leftSection={<IconHistory size={18} aria-hidden />}
          onClick={() => setPast(true)}
        >
          {t("planner.past_days", { count: behind })}
        </Button>
      )}
      {byDay.slice(past ? 0 : behind).map(({ day, items }) => (
        <section key={day} className={classes.day} aria-label={nearDayText(day, t, language)}>
          <header className={classes.head}>
            <h3>{nearDayText(day, t, language)}</h3>
            <span>{t("planner.count", { count: items.length })}</span>
            {moving ? (
              <Button
                className={classes.here ?? ""}
                size="compact-md"
                leftSection={<IconArrowRight size={18} aria-hidden />}
                aria-label={t("planner.move_here_to", { day: nearDayText(day, t, language) })}
                onClick={() => onMoveTo(day)}
              >
                {t("planner.move_here")}
              </Button>
            ) : (
              <button
                type="button"
                className={classes.add}
                aria-label={t("planner.plan_on", { day: nearDayText(day, t, language) })}
                onClick={() => onPlan(day)}
              >
                <IconPlus size={20} aria-hidden />
              </button>
            )}
          </header>
          {items.length > 0 && (
            <ul className={classes.list}>
              {items.map((item) => (
                <ListItem
                  key={item.id}
                  item={item}
                  swap={words.swap(item)}
                  selected={selection.ids.has(item.id)}
                  onToggle={() => onSelection(toggled(selection, [item.id]))}
                  onOpen={() => onOpen(item)}
                />
              ))}
            </ul>
          )}
        </section>
      ))}
    </div>
  );
}

type ListItemProps = {
  item: PlanItem;
  /** That somebody else is asked to do it; empty when not. */
  swap: string;
  selected: boolean;
  onToggle: () => void;
  onOpen: () => void;
};

function ListItem({ item, swap, selected, onToggle, onOpen }: ListItemProps) {
  const { t } = useTranslation();
  const { run, tour, worker, conflicts } = item;
  const name = tourName(tour, run.tour_id);
  const person = workerName(worker, run.worker_id);
  return (
    <li className={classes.item} data-selected={selected || undefined}>
      <Checkbox
        size="md"
        classNames={{ root: classes.check ?? "" }}
        aria-label={t("planner.choose_one", { tour: name, worker: person })}
        checked={selected}
        onChange={onToggle}
      />
      <button type="button" className={classes.open} onClick={onOpen}>
        <span className={classes.tour}>{name}</span>
        <span className={classes.quiet}>
          {person} · {t("tours.stop_count", { count: run.stops })} · {hoursText(run.agreed_minutes)}{" "}
          · {t(`run_status.${run.status}`)}
        </span>
        {swap !== "" && (
          <span className={classes.swap}>
            <IconArrowsExchange size={16} aria-hidden />
            {swap}
          </span>
        )}
        {conflicts.map((conflict) => (
          <span key={conflict} className={classes.conflict}>
            <IconAlertTriangle size={16} aria-hidden />
            {t(`planner.conflict.${conflict}`)}
          </span>
        ))}
        <IconChevronRight size={18} aria-hidden className={classes.chevron} />
      </button>
    </li>
  );
}
