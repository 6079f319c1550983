import { Anchor } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { fullName } from "../address";
import { Notice } from "../ui/view-states";
import { liveSwapsQuery, useSwapEvents } from "./swap-queries";

/** Says that the worker of a run asks for somebody else, and who would do it; nothing when they do not ask. For the office. */
export function RunSwapNote({ runId }: { runId: number }) {
  const { t } = useTranslation();
  const swaps = useQuery(liveSwapsQuery);
  useSwapEvents();
  const swap = swaps.data?.find(({ run }) => run.id === runId);
  if (swap === undefined) {
    return swaps.isError && swaps.data === undefined ? (
      <Notice icon={<IconArrowsExchange size={20} aria-hidden />}>{t("swap_notice.failed")}</Notice>
    ) : null;
  }
  return (
    <Notice icon={<IconArrowsExchange size={20} aria-hidden />}>
      {swap.taken_by === null
        ? t("swap_notice.run_asked", { name: fullName(swap.asked_by) })
        : t("swap_notice.run_taken", {
            name: fullName(swap.asked_by),
            taker: fullName(swap.taken_by),
          })}{" "}
      <Anchor underline="always" renderRoot={(props) => <Link to="/manage/swaps" {...props} />}>
        {t("swap_notice.see")}
      </Anchor>
    </Notice>
  );
}
