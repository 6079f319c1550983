import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Remark } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { ReasonDialog } from "@/shared/ui/reason-dialog";
import { useCorrectRemark, useDeleteRemark } from "./queries";
import classes from "./remark-actions.module.css";

/** What the office does with a remark; the log keeps why. */
export function RemarkActions({ remark }: { remark: Remark }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<"correct" | "delete">();
  const deletion = useDeleteRemark(remark);
  return (
    <div className={classes.actions}>
      <Button
        variant="subtle"
        size="compact-md"
        aria-label={t("remark.edit_of", { text: short(remark.text) })}
        onClick={() => setAsking("correct")}
      >
        {t("remark.edit")}
      </Button>
      <Button
        variant="subtle"
        size="compact-md"
        aria-label={t("remark.delete_of", { text: short(remark.text) })}
        onClick={() => setAsking("delete")}
      >
        {t("remark.delete")}
      </Button>
      {asking === "correct" && (
        <CorrectDialog remark={remark} onClose={() => setAsking(undefined)} />
      )}
      <ReasonDialog
        opened={asking === "delete"}
        title={t("remark.delete_title")}
        text={t("remark.delete_reason_text")}
        label={t("remark.correct_reason")}
        missing={t("remark.reason_needed")}
        confirm={t("remark.delete_confirm")}
        keep={t("remark.keep")}
        pending={deletion.isPending}
        error={deletion.error}
        onConfirm={(reason) => deletion.mutate(reason)}
        onClose={() => {
          deletion.reset();
          setAsking(undefined);
        }}
      />
    </div>
  );
}

const longest = 60;

function short(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest).trimEnd()}…`;
}

function CorrectDialog({ remark, onClose }: { remark: Remark; onClose: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(remark.text);
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const correct = useCorrectRemark(remark);
  const noText = text.trim() === "";
  const noReason = reason.trim() === "";
  return (
    <Dialog title={t("remark.correct_title")} onClose={onClose} closeOnClickOutside={false}>
      <Form
        className={dialog.content}
        busy={correct.isPending}
        onSubmit={() => {
          setTried(true);
          if (!noText && !noReason) {
            correct.mutate({ text: text.trim(), reason: reason.trim() }, { onSuccess: onClose });
          }
        }}
      >
        {correct.error !== null && <FormError>{errorText(t, correct.error)}</FormError>}
        <Textarea
          label={t("remark.correct_text")}
          autosize
          minRows={3}
          maxLength={2000}
          data-autofocus
          value={text}
          error={tried && noText ? t("remark.text_needed") : undefined}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Textarea
          label={t("remark.correct_reason")}
          description={t("remark.correct_reason_hint")}
          autosize
          minRows={2}
          maxLength={1000}
          value={reason}
          error={tried && noReason ? t("remark.reason_needed") : undefined}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="ink" loading={correct.isPending}>
            {t("remark.correct_confirm")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
