import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { errorText } from "../i18n/error-text";
import { Dialog } from "./dialog";
import classes from "./dialog.module.css";
import { Form } from "./form";
import { FormError } from "./form-error";

type ReasonDialogProps = {
  opened: boolean;
  title: string;
  text: string;
  label: string;
  /** Shown when the reason is empty. */
  missing: string;
  confirm: string;
  keep: string;
  pending?: boolean;
  error?: unknown;
  onConfirm: (reason: string) => void;
  onClose: () => void;
};

/** Asks for a reason before something that cannot be taken back. */
export function ReasonDialog(props: ReasonDialogProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const empty = reason.trim() === "";
  if (!props.opened) {
    return null;
  }
  return (
    <Dialog onClose={props.onClose} title={props.title} closeOnClickOutside={empty}>
      <Form
        className={classes.content}
        busy={props.pending ?? false}
        onSubmit={() => {
          setTried(true);
          if (!empty) {
            props.onConfirm(reason.trim());
          }
        }}
      >
        <p className={classes.text}>{props.text}</p>
        {props.error != null && <FormError>{errorText(t, props.error)}</FormError>}
        <Textarea
          label={props.label}
          autosize
          minRows={2}
          maxLength={500}
          data-autofocus
          value={reason}
          error={tried && empty ? props.missing : undefined}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className={classes.actions}>
          <Button onClick={props.onClose}>{props.keep}</Button>
          <Button type="submit" variant="ink" loading={props.pending ?? false}>
            {props.confirm}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
