import { Button } from "@mantine/core";
import { IconAlertTriangle, IconPhone } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { RunDetail } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { phoneText } from "@/shared/phone";
import { runQuery } from "@/shared/runs/run-query";
import { useRunCollections } from "@/shared/runs/use-run-collections";
import { useRunEvents } from "@/shared/runs/use-run-events";
import { Segments } from "@/shared/ui/segments";
import { SidePanel } from "@/shared/ui/side-panel";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { CancelRun } from "./cancel-run";
import classes from "./run-panel.module.css";
import { StopProof } from "./stop-proof";

// Of planned runs only.
const RunSwapNote = lazy(async () => ({
  default: (await import("@/shared/swaps/run-swap-note")).RunSwapNote,
}));

type RunPanelProps = { runId: number; onClose: () => void };

/** A run as the office follows it: stops, times and photos as they come. */
export function RunPanel({ runId, onClose }: RunPanelProps) {
  const { t } = useTranslation();
  const run = useQuery(runQuery(runId));
  useRunEvents(runId);
  useRunCollections(runId);

  const title =
    run.data === undefined
      ? t("app.loading")
      : t("panel.title", { tour: run.data.tour.name, worker: fullName(run.data.worker) });

  return (
    <SidePanel title={title} onClose={onClose}>
      {run.isPending && <LoadingRows count={5} height={64} />}
      {run.isError && run.data === undefined && (
        <ErrorState error={run.error} onRetry={() => run.refetch()} />
      )}
      {run.data !== undefined && <RunFacts run={run.data} />}
    </SidePanel>
  );
}

function RunFacts({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const open = run.status === "planned" || run.status === "started";
  return (
    <div className={classes.panel}>
      <div className={classes.facts}>
        <span>
          {nearDayText(run.date, t, currentLanguage())} · {t(`run_status.${run.status}`)}
        </span>
        {run.worker.phone !== "" && (
          <a className={classes.phone} href={`tel:${run.worker.phone}`}>
            <IconPhone size={16} aria-hidden />
            {phoneText(run.worker.phone)}
          </a>
        )}
      </div>
      {run.status === "cancelled" && run.cancel_reason !== "" && (
        <p className={classes.reason}>{t("panel.reason", { reason: run.cancel_reason })}</p>
      )}
      {run.status === "planned" && (
        <Suspense>
          <RunSwapNote runId={run.id} />
        </Suspense>
      )}
      {run.start_corrected && <FactNote>{t("panel.start_corrected")}</FactNote>}
      {run.stops_differ && <FactNote>{t("panel.stops_differ")}</FactNote>}
      {run.idle_stops > 0 && (
        <p className={classes.reason}>{t("panel.idle_stops", { count: run.idle_stops })}</p>
      )}
      <Segments segments={run.progress.segments} />
      <ol className={classes.stops} aria-label={t("panel.stops")}>
        {run.stops.map((stop) => (
          <StopProof key={stop.position} stop={stop} />
        ))}
      </ol>
      <div className={classes.actions}>
        <Button
          renderRoot={(props) => (
            <Link to="/manage/runs/$runId" params={{ runId: run.id }} {...props} />
          )}
        >
          {t("panel.open_page")}
        </Button>
        {open && <CancelRun run={run} />}
      </div>
    </div>
  );
}

function FactNote({ children }: { children: string }) {
  return <Notice icon={<IconAlertTriangle size={20} aria-hidden />}>{children}</Notice>;
}
