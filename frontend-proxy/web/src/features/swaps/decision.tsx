import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { Swap } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { useApproveSwap, useRefuseSwap } from "@/shared/swaps/swap-queries";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { FormError } from "@/shared/ui/form-error";
import { ReasonDialog } from "@/shared/ui/reason-dialog";
import { mustInsist, swapWarnings } from "./swap-warnings";
import classes from "./swaps-page.module.css";

/** What the office decides about a swap that is live: one that nobody has taken can be refused only. */
export function Decision({ swap }: { swap: Swap }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<"insist" | "refuse">();
  const approve = useApproveSwap(swap.id);
  const refuse = useRefuseSwap(swap.id);
  const about = {
    tour: swap.run.tour.name,
    day: nearDayText(swap.run.date, t, currentLanguage()),
  };
  const close = () => setOpen(undefined);
  const taker = swap.taken_by;
  const decide = (insisting: boolean) => {
    if (taker !== null) {
      approve.mutate(
        { taken_by: taker.id, despite_absence: insisting },
        {
          onSuccess: close,
          onError: (error) => {
            // Entered since the list was read.
            if (
              error instanceof ApiError &&
              ["absent", "other_weekdays"].includes(error.reason ?? "")
            ) {
              setOpen("insist");
            }
          },
        },
      );
    }
  };
  const problem = problemText(t, approve.error);
  return (
    <div className={classes.actions}>
      {problem !== undefined && open !== "insist" && <FormError>{problem}</FormError>}
      {taker !== null && (
        <Button
          variant="ink"
          aria-label={t("swaps.approve_of", about)}
          loading={approve.isPending && open === undefined}
          onClick={() => (mustInsist(swap) ? setOpen("insist") : decide(false))}
        >
          {t("swaps.approve")}
        </Button>
      )}
      <Button aria-label={t("swaps.refuse_of", about)} onClick={() => setOpen("refuse")}>
        {t("swaps.refuse")}
      </Button>
      {open === "insist" && taker !== null && (
        <ConfirmDialog
          title={t("swaps.insist_title")}
          text={t("swaps.insist_text", {
            ...about,
            taker: fullName(taker),
            warnings: swapWarnings(t, swap.warnings)
              .join(", ")
              .toLocaleLowerCase(currentLanguage()),
          })}
          confirm={t("swaps.insist")}
          pending={approve.isPending}
          problem={problem}
          onConfirm={() => decide(true)}
          onClose={close}
        />
      )}
      <ReasonDialog
        opened={open === "refuse"}
        title={t("swaps.refuse_title")}
        text={t("swaps.refuse_text", { ...about, asker: fullName(swap.asked_by) })}
        label={t("swaps.refuse_reason")}
        missing={t("swaps.refuse_missing")}
        confirm={t("swaps.refuse_confirm")}
        keep={t("app.cancel")}
        pending={refuse.isPending}
        error={refuse.error}
        onConfirm={(reason) => refuse.mutate(reason, { onSuccess: close })}
        onClose={close}
      />
    </div>
  );
}
