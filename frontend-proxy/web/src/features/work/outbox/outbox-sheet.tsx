import { Button } from "@mantine/core";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "@/shared/dates";
import { storedErrorText } from "@/shared/i18n/error-text";
import { currentLanguage } from "@/shared/i18n/i18n";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import { type Entry, isHeldBack } from "./entries";
import classes from "./outbox.module.css";
import { useOutbox, useOutboxSnapshot } from "./outbox-context";

type OutboxSheetProps = { opened: boolean; onClose: () => void };

/** The queue, in the order in which it is sent. */
export function OutboxSheet({ opened, onClose }: OutboxSheetProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const { entries, sendingId, signedOut } = useOutboxSnapshot();
  return (
    <BottomSheet opened={opened} onClose={onClose} title={t("outbox.title")}>
      <div className={classes.sheet}>
        {entries.length === 0 && <p className={classes.text}>{t("outbox.all_sent")}</p>}
        {entries.length > 0 && (
          <>
            <p className={classes.text}>
              {signedOut ? t("outbox.signed_out") : t("outbox.explain")}
            </p>
            <ul className={classes.list} aria-label={t("outbox.title")}>
              {entries.map((entry) => (
                <OutboxRow
                  key={entry.id}
                  entry={entry}
                  state={stateOf(entry, entries, sendingId)}
                />
              ))}
            </ul>
            <Button onClick={() => outbox.wake()}>{t("outbox.send_now")}</Button>
          </>
        )}
      </div>
    </BottomSheet>
  );
}

type RowState = "waiting" | "sending" | "refused" | "blocked";

function stateOf(entry: Entry, entries: readonly Entry[], sendingId: string | undefined): RowState {
  if (entry.state === "refused") {
    return "refused";
  }
  if (isHeldBack(entry, entries)) {
    return "blocked";
  }
  return entry.id === sendingId ? "sending" : "waiting";
}

function OutboxRow({ entry, state }: { entry: Entry; state: RowState }) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const [asking, setAsking] = useState(false);
  const what = entryText(t, entry);
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <span>{what}</span>
        <span className={classes.text}>
          {clockTime(entry.createdAt, currentLanguage())} · {t(`outbox.state_${state}`)}
        </span>
      </div>
      {entry.refusal !== undefined && (
        <p className={classes.refusal}>
          {storedErrorText(t, entry.refusal.code, entry.refusal.reason)}
        </p>
      )}
      {state === "refused" && !asking && (
        <div className={classes.actions}>
          <Button onClick={() => void outbox.retry(entry.id)}>{t("app.retry")}</Button>
          <Button onClick={() => setAsking(true)}>{t("outbox.remove")}</Button>
        </div>
      )}
      {asking && (
        <fieldset className={classes.asking} aria-label={t("outbox.remove_title")}>
          <p>{t("outbox.remove_text", { what })}</p>
          <div className={classes.actions}>
            <Button onClick={() => setAsking(false)}>{t("app.cancel")}</Button>
            <Button variant="ink" onClick={() => void outbox.remove(entry.id)}>
              {t("outbox.remove_confirm", { what })}
            </Button>
          </div>
        </fieldset>
      )}
    </li>
  );
}

/** What an entry is, in the worker's words. */
export function entryText(t: TFunction, entry: Entry): string {
  switch (entry.kind) {
    case "picture":
      return t("outbox.kind_picture", { step: t(`step.${entry.step}`).toLowerCase() });
    case "step":
      return t("outbox.kind_step", { step: t(`step.${entry.step}`) });
    case "outcome":
      return t("outbox.kind_outcome");
    case "start":
      return t("outbox.kind_start");
    case "complete":
      return t("outbox.kind_complete");
  }
}
