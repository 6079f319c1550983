import { Menu } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type RunSwapProps, RunSwapTarget } from "./run-swap";

// Opened now and then.
const AskSwapDialog = lazy(async () => ({
  default: (await import("./swap-dialogs")).AskSwapDialog,
}));
const SwapStepDialog = lazy(async () => ({
  default: (await import("./swap-dialogs")).SwapStepDialog,
}));

/** What a worker does about a planned run beside doing it: ask somebody else, or take the question back. */
export function RunSwapMenu({ run, swap }: RunSwapProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Menu position="bottom-end" width={260} shadow="none" withinPortal>
        <Menu.Target>
          <RunSwapTarget run={run} />
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
