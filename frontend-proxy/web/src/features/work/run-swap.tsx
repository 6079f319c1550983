import { ActionIcon, Menu } from "@mantine/core";
import { IconArrowsExchange, IconDots } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Swap } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";

// Opened now and then.
const AskSwapDialog = lazy(async () => ({
  default: (await import("./swap-dialogs")).AskSwapDialog,
}));
const SwapStepDialog = lazy(async () => ({
  default: (await import("./swap-dialogs")).SwapStepDialog,
}));

type RunSwapProps = {
  run: { id: number; date: string; tour: { name: string } };
  /** What the worker asks about the run; undefined when nothing. */
  swap: Swap | undefined;
};

/** What a worker does about a planned run beside doing it: ask somebody else, or take the question back. */
export function RunSwapMenu({ run, swap }: RunSwapProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const day = nearDayText(run.date, t, currentLanguage());
  return (
    <>
      <Menu position="bottom-end" width={260} shadow="none" withinPortal>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            size={44}
            aria-label={t("swaps.menu", { tour: run.tour.name, day })}
          >
            <IconDots size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconArrowsExchange size={18} aria-hidden />}
            onClick={() => setOpen(true)}
          >
            {swap === undefined ? t("swaps.ask") : t("swaps.withdraw")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open && (
        <Suspense>
          {swap === undefined ? (
            <AskSwapDialog run={run} onClose={close} />
          ) : (
            <SwapStepDialog swap={swap} step="withdraw" onClose={close} />
          )}
        </Suspense>
      )}
    </>
  );
}
