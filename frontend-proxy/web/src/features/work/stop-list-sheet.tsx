import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/shared/api/types";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import { ReasonDialog } from "@/shared/ui/reason-dialog";
import { type Sheet, useSheet } from "@/shared/ui/use-sheet";
import type { LocalRun } from "./local-run";
import { useOutbox } from "./outbox/outbox-context";
import { RunMap } from "./run-map";
import { StopList } from "./stop-list";
import classes from "./work-page.module.css";

type StopListSheetProps = {
  run: RunDetail;
  local: LocalRun;
  /** Position of the stop that is worked on. */
  current: number | undefined;
  sheet: Sheet;
  onShowStop: (position: number) => void;
};

/** All stops of the run: to look ahead, to jump, and to end the run by hand. */
export function StopListSheet({ run, local, current, sheet, onShowStop }: StopListSheetProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const completing = useSheet("complete");
  const started = local.status === "started";
  const show = started
    ? (position: number) => void sheet.close().then(() => onShowStop(position))
    : undefined;
  return (
    <>
      <BottomSheet
        opened={sheet.opened}
        onClose={() => void sheet.close()}
        title={t("own_run.stop_list")}
      >
        <div className={classes.sheet}>
          <RunMap stops={local.stops} current={current} onShowStop={show} />
          <StopList stops={local.stops} {...(show === undefined ? {} : { onShowStop: show })} />
          {started && (
            <div>
              <Button onClick={() => void sheet.close().then(completing.open)}>
                {t("own_run.complete")}
              </Button>
            </div>
          )}
        </div>
      </BottomSheet>
      <ReasonDialog
        opened={completing.opened}
        title={t("own_run.complete_title", { tour: run.tour.name })}
        text={t("own_run.complete_text", { count: local.stops.length - local.settled })}
        label={t("own_run.skip_reason")}
        missing={t("own_run.reason_needed")}
        confirm={t("own_run.complete_confirm", { tour: run.tour.name })}
        keep={t("app.cancel")}
        onConfirm={(reason) => {
          void outbox.add({
            kind: "complete",
            runId: run.id,
            tour: run.tour.name,
            reason,
            occurredAt: new Date().toISOString(),
          });
          void completing.close();
        }}
        onClose={() => void completing.close()}
      />
    </>
  );
}
