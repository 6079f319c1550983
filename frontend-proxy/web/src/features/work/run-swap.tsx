import { ActionIcon, type ActionIconProps } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import type { ComponentPropsWithRef } from "react";
import { useTranslation } from "react-i18next";
import type { Swap } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { lazyPart } from "@/shared/ui/lazy-part";

export type RunSwapProps = {
  run: { id: number; date: string; tour: { name: string } };
  /** What the worker asks about the run; undefined when nothing. */
  swap: Swap | undefined;
};

type RunSwapTargetProps = Pick<RunSwapProps, "run"> &
  ActionIconProps &
  ComponentPropsWithRef<"button">;

/** What opens the menu of a planned run. */
export function RunSwapTarget({ run, ...button }: RunSwapTargetProps) {
  const { t } = useTranslation();
  const day = nearDayText(run.date, t, currentLanguage());
  return (
    <ActionIcon
      {...button}
      variant="subtle"
      size={44}
      aria-label={t("swaps.menu", { tour: run.tour.name, day })}
    >
      <IconDots size={20} aria-hidden />
    </ActionIcon>
  );
}

/** What a worker does about a planned run beside doing it; the list is shown before its menus are here. */
export const RunSwapMenu = lazyPart(
  async () => (await import("./run-swap-menu")).RunSwapMenu,
  ({ run }: RunSwapProps) => <RunSwapTarget run={run} disabled />,
);
