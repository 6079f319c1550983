import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Swap } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { type SwapStep, useAskSwap, useSwapStep } from "@/shared/swaps/swap-queries";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { ownWarnings } from "./swap-words";

type AskSwapDialogProps = {
  run: { id: number; date: string; tour: { name: string } };
  onClose: () => void;
};

/** Asks that somebody else does a run. */
export function AskSwapDialog({ run, onClose }: AskSwapDialogProps) {
  const { t } = useTranslation();
  // However often it is sent, it is one question.
  const [id] = useState(() => crypto.randomUUID());
  const [message, setMessage] = useState("");
  const ask = useAskSwap();
  const problem = problemText(t, ask.error);
  const day = nearDayText(run.date, t, currentLanguage());
  return (
    <Dialog
      title={t("swaps.ask_title")}
      onClose={onClose}
      closeOnClickOutside={message.trim() === ""}
    >
      <Form
        className={dialog.content}
        busy={ask.isPending}
        onSubmit={() =>
          ask.mutate({ id, run_id: run.id, message: message.trim() }, { onSuccess: onClose })
        }
      >
        <p className={dialog.text}>{t("swaps.ask_text", { tour: run.tour.name, day })}</p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <Textarea
          label={t("swaps.ask_message")}
          description={t("swaps.ask_message_hint")}
          autosize
          minRows={2}
          maxLength={500}
          // What was sent is kept with the id.
          disabled={ask.isPending}
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
        />
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={ask.isPending}>
            {t("swaps.ask_confirm")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

type SwapStepDialogProps = { swap: Swap; step: SwapStep; onClose: () => void };

/** Asks before a swap is taken, given back or withdrawn. */
export function SwapStepDialog({ swap, step, onClose }: SwapStepDialogProps) {
  const { t } = useTranslation();
  const change = useSwapStep(swap.id, step);
  const { tour, date } = swap.run;
  const about = { tour: tour.name, day: nearDayText(date, t, currentLanguage()) };
  const words = {
    take: {
      title: t("swaps.take_title"),
      text: [t("swaps.take_text", about), ...ownWarnings(t, swap.warnings)].join(" "),
      confirm: t("swaps.take"),
    },
    "give-back": {
      title: t("swaps.give_back_title"),
      text: t("swaps.give_back_text", about),
      confirm: t("swaps.give_back"),
    },
    withdraw: {
      title: t("swaps.withdraw_title"),
      text: t("swaps.withdraw_text", about),
      confirm: t("swaps.withdraw_confirm"),
    },
  }[step];
  return (
    <ConfirmDialog
      {...words}
      keep={step === "take" ? t("app.cancel") : t("swaps.keep")}
      pending={change.isPending}
      problem={problemText(t, change.error)}
      onConfirm={() => change.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
