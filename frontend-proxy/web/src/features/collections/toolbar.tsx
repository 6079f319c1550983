import { ActionIcon, Button, SegmentedControl } from "@mantine/core";
import { IconCheckbox, IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { type ReactNode, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { dayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { periodOf, turned, weekNumber } from "./period";
import { type View, views } from "./search";
import classes from "./toolbar.module.css";

type ToolbarProps = {
  view: View;
  day: string;
  today: string;
  choosing: boolean;
  onView: (view: View) => void;
  onDay: (day: string) => void;
  onChoosing: (choosing: boolean) => void;
  /** What can be made. */
  children?: ReactNode;
};

/** Which days are shown, and how. */
export function Toolbar({
  view,
  day,
  today,
  choosing,
  onView,
  onDay,
  onChoosing,
  children,
}: ToolbarProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const { from, to } = periodOf(view, day);
  const here = from <= today && today <= to;
  const name = useMemo(
    () =>
      view === "month"
        ? new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
            timeZone: "UTC",
            month: "long",
            year: "numeric",
          }).format(new Date(`${from}T12:00:00Z`))
        : t("collections.week", {
            number: weekNumber(from),
            from: dayText(from, language),
            to: dayText(to, language),
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
          onChange={(value) => onView(value as View)}
        />
        <Button
          aria-pressed={choosing}
          variant={choosing ? "ink" : "default"}
          leftSection={<IconCheckbox size={18} aria-hidden />}
          onClick={() => onChoosing(!choosing)}
        >
          {t("collections.choose")}
        </Button>
        {children}
      </div>
    </div>
  );
}
