import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { RunDetail } from "@/shared/api/types";
import { ReasonDialog } from "@/shared/ui/reason-dialog";
import { useCancelRun } from "./queries";

/** Calls a run off, with a reason. */
export function CancelRun({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const cancel = useCancelRun(run.id);
  return (
    <>
      <Button onClick={() => setAsking(true)}>{t("panel.cancel_run")}</Button>
      <ReasonDialog
        opened={asking}
        title={t("panel.cancel_title", {
          tour: run.tour.name,
          worker: fullName(run.worker),
        })}
        text={t("panel.cancel_text")}
        label={t("panel.cancel_reason")}
        missing={t("panel.reason_needed")}
        confirm={t("panel.cancel_confirm", { tour: run.tour.name })}
        keep={t("panel.keep")}
        pending={cancel.isPending}
        error={cancel.error}
        onConfirm={(reason) => cancel.mutate(reason, { onSuccess: () => setAsking(false) })}
        onClose={() => {
          cancel.reset();
          setAsking(false);
        }}
      />
    </>
  );
}
