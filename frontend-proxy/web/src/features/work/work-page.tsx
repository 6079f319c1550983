import { ActionIcon, Title, UnstyledButton } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { IconChevronLeft, IconListNumbers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/shared/api/types";
import { runQuery } from "@/shared/runs/run-query";
import { useRunEvents } from "@/shared/runs/use-run-events";
import { PageTitle } from "@/shared/ui/page-title";
import { Segments } from "@/shared/ui/segments";
import { ErrorState, LoadingRows, StaleMark } from "@/shared/ui/view-states";
import { currentStop, type LocalRun, localRun } from "./local-run";
import { forgetOpenRun, rememberOpenRun } from "./open-run";
import { OutboxBadge } from "./outbox/outbox-badge";
import { useOutboxSnapshot } from "./outbox/outbox-context";
import { RunOverview } from "./run-overview";
import { StopListSheet } from "./stop-list-sheet";
import { StopView } from "./stop-view";
import classes from "./work-page.module.css";

type WorkPageProps = {
  runId: number;
  /** Position of the stop that the worker chose; undefined follows the order. */
  stop: number | undefined;
  onShowStop: (position: number | undefined) => void;
};

/** A run on the worker's phone, one step at a time. Everything done here goes through the outbox. */
export function WorkPage({ runId, stop, onShowStop }: WorkPageProps) {
  const run = useQuery(runQuery(runId));
  const { entries, sendingId } = useOutboxSnapshot();
  useRunEvents(runId);

  if (run.data === undefined) {
    return (
      <Frame tour="">
        <div className={classes.body}>
          {run.isError ? (
            <ErrorState error={run.error} onRetry={() => run.refetch()} />
          ) : (
            <LoadingRows count={4} height={72} />
          )}
        </div>
      </Frame>
    );
  }
  return (
    <Work
      run={run.data}
      local={localRun(run.data, entries, sendingId)}
      stop={stop}
      onShowStop={onShowStop}
    />
  );
}

type WorkProps = {
  run: RunDetail;
  local: LocalRun;
  stop: number | undefined;
  onShowStop: (position: number | undefined) => void;
};

function Work({ run, local, stop, onShowStop }: WorkProps) {
  const { t } = useTranslation();
  const [listOpen, setListOpen] = useState(false);
  const working = local.status === "started";
  const current = working ? currentStop(local, stop) : undefined;

  useEffect(() => {
    if (working) {
      rememberOpenRun(run.id);
    } else {
      forgetOpenRun(run.id);
    }
  }, [working, run.id]);

  return (
    <Frame tour={run.tour.name}>
      {local.status !== "planned" && (
        <UnstyledButton
          className={classes.progress}
          aria-label={t("run.open_stop_list", { done: local.settled, stops: local.stops.length })}
          onClick={() => setListOpen(true)}
        >
          <Segments
            segments={local.segments}
            {...(current === undefined ? {} : { current: local.stops.indexOf(current) })}
          />
          <span className={classes.fraction}>
            {t("run.stop_of", { done: local.settled, stops: local.stops.length })}
          </span>
          <IconListNumbers size={20} aria-hidden />
        </UnstyledButton>
      )}
      <OfflineMark />
      {current === undefined ? (
        <RunOverview run={run} local={local} />
      ) : (
        <StopView
          key={current.position}
          runId={run.id}
          stop={current}
          onSettled={() => onShowStop(undefined)}
        />
      )}
      <StopListSheet
        run={run}
        local={local}
        opened={listOpen}
        onClose={() => setListOpen(false)}
        onShowStop={(position) => {
          setListOpen(false);
          onShowStop(position);
        }}
      />
    </Frame>
  );
}

function Frame({ tour, children }: { tour: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={classes.page}>
      <PageTitle>{tour === "" ? t("runs.title") : t("run.title", { tour })}</PageTitle>
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
