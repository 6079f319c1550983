import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/shared/api/types";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import { ReasonDialog } from "@/shared/ui/reason-dialog";
import type { LocalRun } from "./local-run";
import { useOutbox } from "./outbox/outbox-context";
import { StopList } from "./stop-list";
import classes from "./work-page.module.css";

type StopListSheetProps = {
  run: RunDetail;
  local: LocalRun;
  opened: boolean;
  onClose: () => void;
  onShowStop: (position: number) => void;
};

/** All stops of the run: to look ahead, to jump, and to end the run by hand. */
export function StopListSheet({ run, local, opened, onClose, onShowStop }: StopListSheetProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const [completing, setCompleting] = useState(false);
  const started = local.status === "started";
  return (
    <>
      <BottomSheet opened={opened} onClose={onClose} title={t("run.stop_list")}>
        <div className={classes.sheet}>
          <StopList stops={local.stops} {...(started ? { onShowStop } : {})} />
          {started && (
            <div>
              <Button
                onClick={() => {
                  onClose();
                  setCompleting(true);
                }}
              >
                {t("run.complete")}
              </Button>
            </div>
          )}
        </div>
      </BottomSheet>
      <ReasonDialog
        opened={completing}
        title={t("run.complete_title", { tour: run.tour.name })}
        text={t("run.complete_text", { count: local.stops.length - local.settled })}
        label={t("run.skip_reason")}
        missing={t("run.reason_needed")}
        confirm={t("run.complete_confirm", { tour: run.tour.name })}
        keep={t("app.cancel")}
        onConfirm={(reason) => {
          void outbox.add({ kind: "complete", runId: run.id, reason });
          setCompleting(false);
        }}
        onClose={() => setCompleting(false)}
      />
    </>
  );
}
