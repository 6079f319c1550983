import { ActionIcon, Button, Title, UnstyledButton } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconChevronLeft, IconListNumbers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { memo, type ReactNode, useDeferredValue, useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import type { RunDetail } from "@/shared/api/types";
import { loadTexts } from "@/shared/i18n/i18n";
import { useRunEvents } from "@/shared/runs/use-run-events";
import { ComingSheet } from "@/shared/ui/coming-sheet";
import { lazyPart } from "@/shared/ui/lazy-part";
import { PageTitle } from "@/shared/ui/page-title";
import { Segments } from "@/shared/ui/segments";
import { useSheet } from "@/shared/ui/use-sheet";
import { EmptyState, ErrorState, LoadingRows, StaleMark } from "@/shared/ui/view-states";
import { whenIdle } from "@/shared/when-idle";
import { RoomNotice } from "./kept/room-notice";
import { loadRunOverview } from "./load-run-overview";
import { currentStop, type LocalRun, localRun, takesRemarks } from "./local-run";
import { forgetOpenRun, rememberOpenRun } from "./open-run";
import { OutboxBadge } from "./outbox/outbox-badge";
import { useOutboxSnapshot } from "./outbox/outbox-context";
import { StorageAlert } from "./outbox/storage-alert";
import { workRunQuery } from "./queries";
import { StopView } from "./stop-view";
import { UndoBar } from "./undo-bar";
import classes from "./work-page.module.css";

const RunOverview = lazyPart(loadRunOverview, OverviewRows);
const StopListSheet = lazyPart(
  async () => {
    const [module] = await Promise.all([
      import("./stop-list-sheet"),
      loadTexts(["runs"]),
      import("@/shared/ui/dialog-window"),
    ]);
    return module.StopListSheet;
  },
  ({ sheet }) => <ComingSheet opened={sheet.opened} onClose={() => void sheet.close()} />,
);

// The other runs are for later than this one; without network none can be fetched either.
const KnownRuns = lazyPart(() =>
  import("./use-known-runs").then(
    (module) => module.KnownRuns,
    () => () => null,
  ),
);

function OverviewRows() {
  return (
    <div className={classes.body}>
      <LoadingRows count={4} height={72} />
    </div>
  );
}

type WorkPageProps = {
  accountId: number;
  runId: number;
  /** Position of the stop that the worker chose; undefined follows the order. */
  stop: number | undefined;
  onShowStop: (position: number | undefined) => void;
};

/** A run on the worker's phone, one step at a time. Everything done here goes through the outbox. */
export function WorkPage({ accountId, runId, stop, onShowStop }: WorkPageProps) {
  const run = useQuery(workRunQuery(runId));
  const { entries, read, sendingIds, storageProblem } = useOutboxSnapshot();
  const { t } = useTranslation();
  useRunEvents(runId);
  // The tap is answered before the stop is drawn.
  const shownStop = useDeferredValue(stop);
  const local = useMemo(
    () => run.data && localRun(run.data, entries, sendingIds),
    [run.data, entries, sendingIds],
  );

  const missing = run.error instanceof ApiError && run.error.code === "not_found";
  useEffect(() => {
    if (missing) {
      forgetOpenRun(runId);
    }
  }, [missing, runId]);

  if (run.data === undefined || local === undefined) {
    return (
      <Frame tour="">
        <div className={classes.body}>
          {missing ? (
            <EmptyState
              title={t("run.missing_title")}
              text={t("run.missing_text")}
              action={
                <Button renderRoot={(props) => <Link to="/work" {...props} />}>
                  {t("run.finished_home")}
                </Button>
              }
            />
          ) : run.isError ? (
            <ErrorState error={run.error} onRetry={() => run.refetch()} />
          ) : (
            <LoadingRows count={4} height={72} />
          )}
        </div>
      </Frame>
    );
  }
  if (!read && storageProblem === undefined) {
    // What waits on this device may be further than the server: a photo would go to a step that is done.
    return (
      <Frame tour={run.data.tour.name}>
        <OverviewRows />
      </Frame>
    );
  }
  return (
    <>
      <Work
        accountId={accountId}
        run={run.data}
        local={local}
        stop={shownStop}
        onShowStop={onShowStop}
      />
      <KnownRuns />
    </>
  );
}

type WorkProps = {
  accountId: number;
  run: RunDetail;
  local: LocalRun;
  stop: number | undefined;
  onShowStop: (position: number | undefined) => void;
};

const Work = memo(function Work({ accountId, run, local, stop, onShowStop }: WorkProps) {
  const { t } = useTranslation();
  const list = useSheet("stops");
  const working = local.status === "started";
  const remarkable = takesRemarks(run, local, Date.now());
  const shown = remarkable ? local.stops.find(({ position }) => position === stop) : undefined;
  const current = working ? currentStop(local, stop) : shown;

  // Behind the first stop: the network may be gone when the run ends.
  useEffect(() => {
    whenIdle(() => {
      import("./bring-run-parts").then((parts) => parts.bringRunParts()).catch(() => undefined);
    });
  }, []);
  useEffect(() => {
    if (working) {
      rememberOpenRun(accountId, run.id, stop);
    } else {
      forgetOpenRun(run.id);
    }
  }, [working, accountId, run.id, stop]);

  const index = current === undefined ? -1 : local.stops.indexOf(current);
  const undo = (
    <UndoBar
      runId={run.id}
      onUndone={(buildingId) => {
        const undone = local.stops.find(({ building }) => building.id === buildingId);
        if (undone !== undefined && undone !== current) {
          onShowStop(undone.position);
        }
      }}
    />
  );

  return (
    <Frame tour={run.tour.name}>
      {current !== undefined && (
        <UnstyledButton
          className={classes.progress}
          aria-label={t("run.open_stop_list", { done: local.settled, stops: local.stops.length })}
          onClick={list.open}
        >
          <Segments segments={local.segments} current={index} />
          <Fraction local={local} />
          <IconListNumbers size={20} aria-hidden />
        </UnstyledButton>
      )}
      {/* The overview below is the list already. */}
      {current === undefined && local.status !== "planned" && (
        <div className={classes.progress}>
          <Segments segments={local.segments} />
          <Fraction local={local} />
        </div>
      )}
      <OfflineMark />
      {current === undefined ? (
        <RunOverview
          run={run}
          local={local}
          {...(remarkable && local.status === "completed" ? { onShowStop } : {})}
          aboveBar={undo}
        />
      ) : (
        <StopView
          key={current.position}
          run={run}
          stop={current}
          neighbours={{ previous: local.stops[index - 1], next: local.stops[index + 1] }}
          onShowStop={onShowStop}
          over={!working}
          aboveBar={undo}
          onSettled={() => onShowStop(undefined)}
        />
      )}
      <StopListSheet
        run={run}
        local={local}
        current={current?.position}
        sheet={list}
        onShowStop={onShowStop}
      />
    </Frame>
  );
});

function Fraction({ local }: { local: LocalRun }) {
  const { t } = useTranslation();
  return (
    <span className={classes.fraction}>
      {t("run.stop_of", { done: local.settled, stops: local.stops.length })}
    </span>
  );
}

function Frame({ tour, children }: { tour: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={classes.page}>
      <PageTitle>{tour === "" ? t("run.untitled") : t("run.title", { tour })}</PageTitle>
      <header className={classes.header}>
        <ActionIcon
          aria-label={t("app.back")}
          renderRoot={(props) => <Link to="/work" {...props} />}
        >
          <IconChevronLeft size={24} aria-hidden />
        </ActionIcon>
        <Title order={1} className={classes.tour}>
          {tour}
        </Title>
        <OutboxBadge />
      </header>
      <StorageAlert />
      <div className={classes.offline}>
        <RoomNotice />
      </div>
      {children}
    </div>
  );
}

function OfflineMark() {
  const { t } = useTranslation();
  const { online } = useNetwork();
  if (online) {
    return null;
  }
  return (
    <div className={classes.offline}>
      <StaleMark>{t("run.saved_on_device")}</StaleMark>
    </div>
  );
}
