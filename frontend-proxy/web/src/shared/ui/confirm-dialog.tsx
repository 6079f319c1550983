import { Button, Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./confirm-dialog.module.css";
import { FormError } from "./form-error";

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
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.title}
      centered
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <div className={classes.dialog}>
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
    </Modal>
  );
}
