import { Button } from "@mantine/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "./dialog";
import classes from "./dialog.module.css";
import { FormError } from "./form-error";
import { useKeptFocus } from "./use-kept-focus";

type ConfirmDialogProps = {
  title: string;
  text: string;
  /** What the button does. */
  confirm: string;
  /** What the other button does; "Cancel" unless given. */
  keep?: string;
  pending?: boolean;
  /** What went wrong with it. */
  problem?: string | undefined;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before something is done that cannot be undone at once; it names the thing. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { t } = useTranslation();
  const content = useRef<HTMLDivElement>(null);
  useKeptFocus(content, props.pending ?? false);
  return (
    <Dialog onClose={props.onClose} title={props.title}>
      <div ref={content} className={classes.content}>
        <p className={classes.text}>{props.text}</p>
        {props.problem !== undefined && <FormError>{props.problem}</FormError>}
        <div className={classes.actions}>
          <Button data-autofocus onClick={props.onClose}>
            {props.keep ?? t("app.cancel")}
          </Button>
          <Button variant="ink" loading={props.pending ?? false} onClick={props.onConfirm}>
            {props.confirm}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
