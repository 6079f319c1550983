import { ActionIcon, Button, SegmentedControl } from "@mantine/core";
import {
  IconCheckbox,
  IconChevronLeft,
  IconChevronRight,
  IconCopy,
  IconPlus,
} from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { addDays } from "@/shared/dates";
import { mondayOf, periodText, weekNumber } from "@/shared/day-grid/period";
import toolbar from "@/shared/day-grid/toolbar.module.css";
import { currentLanguage } from "@/shared/i18n/i18n";
import { RegionFilter } from "@/shared/regions/region-filter";
import classes from "./plan-toolbar.module.css";
import { type PlanSearch, type RowKind, rowKinds } from "./search";

type PlanToolbarProps = {
  from: string;
  to: string;
  today: string;
  search: PlanSearch;
  onSearch: (search: PlanSearch) => void;
  list: boolean;
  choosing: boolean;
  onChoosing: (choosing: boolean) => void;
  onCopyWeeks: () => void;
  onPlan: () => void;
};

/** Which weeks are shown, and how; and what can be planned. */
export const PlanToolbar = memo(function PlanToolbar({
  from,
  to,
  today,
  search,
  onSearch,
  list,
  choosing,
  onChoosing,
  onCopyWeeks,
  onPlan,
}: PlanToolbarProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const onDay = (day: string) =>
    onSearch({ ...search, date: mondayOf(day) === mondayOf(today) ? undefined : day });
  return (
    <div className={toolbar.bar}>
      <div className={toolbar.period}>
        <Button disabled={from === mondayOf(today)} onClick={() => onDay(today)}>
          {t("planner.today")}
        </Button>
        <ActionIcon
          aria-label={t("planner.previous_week")}
          onClick={() => onDay(addDays(from, -7))}
        >
          <IconChevronLeft size={20} aria-hidden />
        </ActionIcon>
        <ActionIcon aria-label={t("planner.next_week")} onClick={() => onDay(addDays(from, 7))}>
          <IconChevronRight size={20} aria-hidden />
        </ActionIcon>
        <h2 className={toolbar.name} aria-live="polite">
          {t("planner.week", { number: weekNumber(from), days: periodText(from, to, language) })}
        </h2>
      </div>
      <div className={toolbar.how}>
        <div className={classes.region}>
          <RegionFilter
            region={search.region}
            onChange={(region) => onSearch({ ...search, region })}
          />
        </div>
        {!list && (
          <SegmentedControl
            aria-label={t("planner.rows")}
            size="md"
            data={rowKinds.map((value) => ({ value, label: t(`planner.row_kinds.${value}`) }))}
            value={search.rows ?? "people"}
            onChange={(value) =>
              onSearch({ ...search, rows: value === "people" ? undefined : (value as RowKind) })
            }
          />
        )}
        <SegmentedControl
          aria-label={t("planner.span")}
          size="md"
          data={[
            { value: "1", label: t("planner.one_week") },
            { value: "4", label: t("planner.four_weeks") },
          ]}
          value={String(search.weeks ?? 1)}
          onChange={(value) => onSearch({ ...search, weeks: value === "4" ? 4 : undefined })}
        />
        {!list && (
          <Button
            aria-pressed={choosing}
            variant={choosing ? "ink" : "default"}
            leftSection={<IconCheckbox size={18} aria-hidden />}
            onClick={() => onChoosing(!choosing)}
          >
            <span className={toolbar.word}>{t("planner.choose")}</span>
          </Button>
        )}
        <Button leftSection={<IconCopy size={18} aria-hidden />} onClick={onCopyWeeks}>
          <span className={toolbar.word}>{t("planner.copy_weeks")}</span>
        </Button>
        <Button variant="signal" leftSection={<IconPlus size={20} aria-hidden />} onClick={onPlan}>
          <span className={toolbar.word}>{t("planner.plan_title")}</span>
        </Button>
      </div>
    </div>
  );
});
