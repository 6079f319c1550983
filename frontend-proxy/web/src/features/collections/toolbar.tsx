import { ActionIcon, Button, Menu, SegmentedControl } from "@mantine/core";
import {
  IconArrowRight,
  IconCheckbox,
  IconChevronDown,
  IconChevronLeft,
  IconChevronRight,
  IconCopy,
  IconPlus,
} from "@tabler/icons-react";
import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { dateFormat } from "@/shared/dates";
import { periodText, weekNumber } from "@/shared/day-grid/period";
import classes from "@/shared/day-grid/toolbar.module.css";
import { currentLanguage } from "@/shared/i18n/i18n";
import type { Open } from "./dialogs";
import { periodOf, turned } from "./period";
import { type CollectionsSearch, type View, views } from "./search";

type ToolbarProps = {
  view: View;
  day: string;
  today: string;
  onSearch: (change: CollectionsSearch) => void;
  choosing: boolean;
  onChoosing: (choosing: boolean) => void;
  onOpen: (open: Open) => void;
};

/** Which days are shown, and how; and what can be made. */
export const Toolbar = memo(function Toolbar({
  view,
  day,
  today,
  onSearch,
  choosing,
  onChoosing,
  onOpen,
}: ToolbarProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const { from, to } = periodOf(view, day);
  const onDay = (next: string) => onSearch({ date: next === today ? undefined : next });
  const here = from <= today && today <= to;
  const name = useMemo(
    () =>
      view === "month"
        ? dateFormat(language, {
            timeZone: "UTC",
            month: "long",
            year: "numeric",
          }).format(new Date(`${from}T12:00:00Z`))
        : t("collections.week", {
            number: weekNumber(from),
            days: periodText(from, to, language),
          }),
    [view, from, to, language, t],
  );
  return (
    <div className={classes.bar}>
      <div className={classes.period}>
        <Button disabled={here} onClick={() => onDay(today)}>
          {t("collections.today")}
        </Button>
        <ActionIcon
          aria-label={t(
            view === "month" ? "collections.previous_month" : "collections.previous_week",
          )}
          onClick={() => onDay(turned(view, day, -1))}
        >
          <IconChevronLeft size={20} aria-hidden />
        </ActionIcon>
        <ActionIcon
          aria-label={t(view === "month" ? "collections.next_month" : "collections.next_week")}
          onClick={() => onDay(turned(view, day, 1))}
        >
          <IconChevronRight size={20} aria-hidden />
        </ActionIcon>
        <h2 className={classes.name} aria-live="polite">
          {name}
        </h2>
      </div>
      <div className={classes.how}>
        <SegmentedControl
          aria-label={t("collections.view")}
          size="md"
          data={views.map((value) => ({ value, label: t(`collections.views.${value}`) }))}
          value={view}
          onChange={(value) => onSearch({ view: value as View })}
        />
        <Button
          className={classes.choose ?? ""}
          data-list={view === "list" || undefined}
          aria-pressed={choosing}
          variant={choosing ? "ink" : "default"}
          leftSection={<IconCheckbox size={18} aria-hidden />}
          onClick={() => onChoosing(!choosing)}
        >
          <span className={classes.word}>{t("collections.choose")}</span>
        </Button>
        <Menu position="bottom-end" shadow="none" withinPortal>
          <Menu.Target>
            <Button rightSection={<IconChevronDown size={18} aria-hidden />}>
              <span className={classes.word}>{t("collections.many")}</span>
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              className={classes.item ?? ""}
              leftSection={<IconArrowRight size={18} aria-hidden />}
              onClick={() => onOpen({ what: "move-kind" })}
            >
              {t("collections.move_kind")}
            </Menu.Item>
            <Menu.Item
              className={classes.item ?? ""}
              leftSection={<IconCopy size={18} aria-hidden />}
              onClick={() => onOpen({ what: "copy-period" })}
            >
              {t("collections.copy_period")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
        <Button
          variant="signal"
          leftSection={<IconPlus size={20} aria-hidden />}
          onClick={() => onOpen({ what: "new", target: undefined, days: [] })}
        >
          <span className={classes.word}>{t("collections.new")}</span>
        </Button>
      </div>
    </div>
  );
});
