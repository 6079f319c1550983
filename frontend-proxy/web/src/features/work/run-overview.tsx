import { Button, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/shared/api/types";
import { nearDayText, today } from "@/shared/dates";
import { currentLanguage, loadTexts } from "@/shared/i18n/i18n";
import { lazyPart } from "@/shared/ui/lazy-part";
import { ChangedStops } from "./changed-stops";
import type { LocalRun } from "./local-run";
import { useOutbox, useOutboxSnapshot } from "./outbox/outbox-context";
import { RunMap } from "./run-map";
import { StopList } from "./stop-list";
import classes from "./work-page.module.css";

// Most runs are asked of nobody, and starting one does not wait for it.
const AskedSwap = lazyPart(async () => {
  const [module] = await Promise.all([import("./asked-swap"), loadTexts(["swaps"])]);
  return module.AskedSwap;
});

type RunOverviewProps = {
  run: RunDetail;
  local: LocalRun;
  /** Opens a stop of a run that is over, for what there is to say about it. */
  onShowStop?: (position: number) => void;
  /** Stands above the button at the bottom. */
  aboveBar: ReactNode;
};

/** A run before its start or after its end. */
export function RunOverview({ run, local, onShowStop, aboveBar }: RunOverviewProps) {
  const { t } = useTranslation();
  const day = nearDayText(run.date, t, currentLanguage());
  const { entries } = useOutboxSnapshot();
  const unsent = entries.filter(
    ({ runId, state }) => runId === run.id && state === "waiting",
  ).length;
  const having = (state: string) => local.segments.filter((segment) => segment === state).length;
  return (
    <>
      <div className={classes.body}>
        {local.status === "completed" && (
          <div className={classes.ended}>
            <h2 className={classes.address}>{t("own_run.finished_title")}</h2>
            <p className={classes.quiet}>
              {t("own_run.finished_text", {
                done: having("done"),
                skipped: having("skipped"),
                failed: having("failed"),
              })}
            </p>
            {unsent > 0 && <p>{t("own_run.finished_unsent", { count: unsent })}</p>}
          </div>
        )}
        {local.status === "cancelled" && (
          <div className={classes.ended}>
            <h2 className={classes.address}>{t("own_run.cancelled_title")}</h2>
            {run.cancel_reason !== "" && (
              <p className={classes.quiet}>{t("panel.reason", { reason: run.cancel_reason })}</p>
            )}
          </div>
        )}
        {local.status === "planned" && (
          <p className={classes.quiet}>
            {day} · {run.region.name} · {t("runs.stops", { count: run.stops.length })} ·{" "}
            {t("runs.agreed", { count: run.agreed_minutes })}
          </p>
        )}
        {local.status === "planned" && <AskedSwap runId={run.id} />}
        {local.status === "planned" && run.stops_change != null && (
          <ChangedStops runId={run.id} change={run.stops_change} />
        )}
        {/* A run that was kept by the app from before does not say. */}
        {(run.idle_stops ?? 0) > 0 && local.status !== "cancelled" && (
          <p className={classes.quiet}>
            {run.stops.length === 0
              ? t("own_run.nothing_to_do")
              : t("own_run.idle_stops", { count: run.idle_stops })}
          </p>
        )}
        {local.status === "planned" && <RunMap stops={local.stops} />}
        {onShowStop !== undefined && (
          <p className={classes.quiet}>{t("own_run.finished_remarks")}</p>
        )}
        <StopList stops={local.stops} {...(onShowStop === undefined ? {} : { onShowStop })} />
      </div>
      <div className={classes.bar}>
        {aboveBar}
        {local.status === "planned" ? (
          <StartButton run={run} day={day} />
        ) : (
          <Button size="lg" renderRoot={(props) => <Link to="/work" {...props} />}>
            {t("run.finished_home")}
          </Button>
        )}
      </div>
    </>
  );
}

function StartButton({ run, day }: { run: RunDetail; day: string }) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const idle = run.stops.length === 0;
  const ready = run.date === today() && !idle;
  const why = idle ? t("own_run.start_no_stops") : t("own_run.start_not_today", { date: day });
  return (
    <UnstyledButton
      className={classes.primary}
      aria-disabled={!ready}
      onClick={() => {
        if (ready) {
          void outbox.add({
            kind: "start",
            runId: run.id,
            tour: run.tour.name,
            occurredAt: new Date().toISOString(),
            buildingIds: run.stops.map((stop) => stop.building.id),
            stops: run.stops,
          });
        }
      }}
    >
      {t("own_run.start")} {!ready && <small>{why}</small>}
    </UnstyledButton>
  );
}
