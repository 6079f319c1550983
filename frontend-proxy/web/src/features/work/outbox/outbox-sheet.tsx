import { Button } from "@mantine/core";
import type { TFunction } from "i18next";
import { useDeferredValue, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "@/shared/dates";
import { storedErrorText } from "@/shared/i18n/error-text";
import { currentLanguage } from "@/shared/i18n/i18n";
import { isPhotoProblem } from "@/shared/photo";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import { type Entry, isFromNewerApp, isHeldBack, isStuck } from "./entries";
import type { OutboxSnapshot } from "./outbox";
import classes from "./outbox.module.css";
import { useOutbox, useOutboxSnapshot } from "./outbox-context";
import { StorageAlert } from "./storage-alert";
import { useUploadProgress } from "./use-upload-progress";

type OutboxSheetProps = { opened: boolean; onClose: () => void };

/** The queue by run, and what becomes of it. */
export function OutboxSheet({ opened, onClose }: OutboxSheetProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const snapshot = useOutboxSnapshot();
  const { entries } = snapshot;
  const summary = useRef<HTMLParagraphElement>(null);
  const remove = async (ids: string[]) => {
    // The button that was pressed goes with its row.
    summary.current?.focus();
    await outbox.remove(...ids);
  };
  const runs = [...new Set(entries.map((entry) => entry.runId))];
  return (
    <BottomSheet opened={opened} onClose={onClose} title={t("outbox.title")}>
      <div className={classes.sheet}>
        <StorageAlert />
        <p ref={summary} tabIndex={-1} className={classes.text}>
          {summaryText(t, snapshot)}
        </p>
        {runs.map((runId) => (
          <OutboxRun
            key={runId}
            entries={entries.filter((entry) => entry.runId === runId)}
            sendingIds={snapshot.sendingIds}
            onRemove={(ids) => void remove(ids)}
          />
        ))}
        {entries.length > 0 && (
          <Button onClick={() => outbox.wake()}>{t("outbox.send_now")}</Button>
        )}
      </div>
    </BottomSheet>
  );
}

/** What happens to the queue; never more than is true. */
function summaryText(t: TFunction, { entries, signedOut, obstacle }: OutboxSnapshot): string {
  if (entries.length === 0) {
    return t("device.all_sent");
  }
  if (signedOut) {
    return t("outbox.signed_out");
  }
  const stopped = entries.filter((entry) => isStopped(entry, entries)).length;
  if (stopped === entries.length) {
    return t("outbox.none_goes", { count: stopped });
  }
  if (stopped > 0) {
    return t("outbox.some_go", { count: stopped });
  }
  if (obstacle === "foreign_answer") {
    return t("errors.code.foreign_answer");
  }
  return obstacle === "network" ? t("outbox.explain_offline") : t("outbox.explain");
}

/** True when an entry does not go without the worker. */
function isStopped(entry: Entry, entries: readonly Entry[]): boolean {
  return entry.state === "refused" || isHeldBack(entry, entries);
}

// A phone draws the rows of a long queue behind these.
const firstRows = 6;

type OutboxRunProps = {
  entries: readonly Entry[];
  sendingIds: ReadonlySet<string>;
  onRemove: (ids: string[]) => void;
};

function OutboxRun({ entries, sendingIds, onRemove }: OutboxRunProps) {
  const { t } = useTranslation();
  const heading = useId();
  const tour = entries.find((entry) => entry.tour !== undefined)?.tour;
  const shown = useDeferredValue(entries, entries.slice(0, firstRows));
  const stopped = shown.filter((entry) => isStopped(entry, entries));
  return (
    <section aria-labelledby={heading} className={classes.section}>
      <h3 id={heading} className={classes.run}>
        {tour === undefined ? t("outbox.a_run") : t("own_run.title", { tour })}
      </h3>
      <ul className={classes.list} aria-labelledby={heading}>
        {shown.map((entry) => (
          <OutboxRow
            key={entry.id}
            entry={entry}
            state={stateOf(entry, entries, sendingIds)}
            onRemove={() => onRemove([entry.id])}
          />
        ))}
      </ul>
      {stopped.length > 1 && (
        <Removal
          label={t("outbox.remove_run", { count: stopped.length })}
          question={t("outbox.remove_run_text", { count: stopped.length })}
          confirm={t("outbox.remove_run_confirm", { count: stopped.length })}
          onRemove={() => onRemove(stopped.map((entry) => entry.id))}
        />
      )}
    </section>
  );
}

type RowState = "waiting" | "sending" | "refused" | "blocked" | "stuck" | "intercepted" | "newer";

function stateOf(
  entry: Entry,
  entries: readonly Entry[],
  sendingIds: ReadonlySet<string>,
): RowState {
  if (entry.state === "refused") {
    return "refused";
  }
  if (isHeldBack(entry, entries)) {
    return "blocked";
  }
  if (isFromNewerApp(entry)) {
    return "newer";
  }
  if (isStuck(entry)) {
    return entry.intercepted ? "intercepted" : "stuck";
  }
  return sendingIds.has(entry.id) ? "sending" : "waiting";
}

type OutboxRowProps = { entry: Entry; state: RowState; onRemove: () => void };

function OutboxRow({ entry, state, onRemove }: OutboxRowProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const what = entryText(t, entry);
  const percent = useUploadProgress(entry.id);
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <span>{what}</span>
        <span className={classes.text}>
          {clockTime(entry.createdAt, currentLanguage())} · {t(`outbox.state_${state}`)}
          {percent !== undefined && state === "sending" && ` · ${percent} %`}
        </span>
      </div>
      {"address" in entry && entry.address !== undefined && (
        <span className={classes.text}>{entry.address}</span>
      )}
      {"text" in entry && <span className={classes.text}>{entry.text}</span>}
      {entry.refusal !== undefined && (
        <p className={classes.refusal}>
          {isPhotoProblem(entry.refusal.code)
            ? t(`device.${entry.refusal.code}`)
            : storedErrorText(t, entry.refusal.code, entry.refusal.reason, entry.refusal.since)}
        </p>
      )}
      {(state === "refused" || state === "stuck" || state === "intercepted") && (
        <div className={classes.actions}>
          <Button onClick={() => void outbox.retry(entry.id)}>{t("app.retry")}</Button>
          <Removal
            label={t("outbox.remove")}
            question={t("outbox.remove_text", { what })}
            confirm={t("outbox.remove_confirm", { what })}
            onRemove={onRemove}
          />
        </div>
      )}
    </li>
  );
}

type RemovalProps = { label: string; question: string; confirm: string; onRemove: () => void };

/** Asks before something is given up. */
function Removal({ label, question, confirm, onRemove }: RemovalProps) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return <Button onClick={() => setAsking(true)}>{label}</Button>;
  }
  return (
    <fieldset className={classes.asking} aria-label={label}>
      <p>{question}</p>
      <div className={classes.actions}>
        <Button autoFocus onClick={() => setAsking(false)}>
          {t("app.cancel")}
        </Button>
        <Button variant="ink" onClick={onRemove}>
          {confirm}
        </Button>
      </div>
    </fieldset>
  );
}

/** What an entry is, in the worker's words. */
function entryText(t: TFunction, entry: Entry): string {
  switch (entry.kind) {
    case "picture":
      if (entry.incidentId !== undefined) {
        return t("outbox.kind_incident_picture");
      }
      return entry.step === undefined
        ? t("outbox.kind_remark_picture")
        : t("outbox.kind_picture", { step: t(`step.${entry.step}`).toLowerCase() });
    case "incident":
      return t("outbox.kind_incident");
    case "remark":
      return t("outbox.kind_remark");
    case "remark_change":
      return t("outbox.kind_remark_changed");
    case "remark_deletion":
      return t("outbox.kind_remark_deleted");
    case "picture_removal":
      return t("outbox.kind_picture_removed");
    case "step":
      return t("outbox.kind_step", { step: t(`step.${entry.step}`) });
    case "outcome":
      return t(entry.outcome === "failed" ? "outbox.kind_failed" : "outbox.kind_skipped");
    case "start":
      return t("outbox.kind_start");
    case "complete":
      return t("outbox.kind_complete");
  }
}
