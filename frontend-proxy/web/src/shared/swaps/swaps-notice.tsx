import { Anchor } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Notice } from "../ui/view-states";
import { liveSwapsQuery, useSwapEvents } from "./swap-queries";

/** Says how many swaps want a decision, and how many runs look for somebody; nothing when none do. For the office. */
export function SwapsNotice() {
  const { t } = useTranslation();
  const swaps = useQuery(liveSwapsQuery);
  useSwapEvents();
  if (swaps.data === undefined) {
    return swaps.isError ? (
      <Notice icon={<IconArrowsExchange size={20} aria-hidden />}>{t("swap_notice.failed")}</Notice>
    ) : null;
  }
  const taken = swaps.data.filter(({ state }) => state === "taken").length;
  const open = swaps.data.length - taken;
  if (taken + open === 0) {
    return null;
  }
  return (
    <Notice icon={<IconArrowsExchange size={20} aria-hidden />}>
      {taken > 0 && `${t("swap_notice.decide", { count: taken })} `}
      {open > 0 && `${t("swap_notice.open", { count: open })} `}
      <Anchor underline="always" renderRoot={(props) => <Link to="/manage/swaps" {...props} />}>
        {t("swap_notice.see")}
      </Anchor>
    </Notice>
  );
}
