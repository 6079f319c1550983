import { IconArrowsExchange } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Swap } from "@/shared/api/types";
import classes from "./swaps.module.css";

/** How far the question about a run is. */
export function SwapBadge({ swap }: { swap: Swap }) {
  const { t } = useTranslation();
  return (
    <span className={classes.badge}>
      <IconArrowsExchange size={16} aria-hidden />
      {swap.taken_by === null
        ? t("swaps.state.open")
        : t("swaps.state.taken", { name: swap.taken_by.first_name })}
    </span>
  );
}
