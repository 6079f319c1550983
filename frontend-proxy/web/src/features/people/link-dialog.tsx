import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { mailStatusQuery } from "@/shared/mail/mail-status-query";
import { CopyButton } from "@/shared/ui/copy-button";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { FormError } from "@/shared/ui/form-error";
import { type Invited, registerLink } from "./queries";

type LinkDialogProps = { invited: Invited; onClose: () => void };

/** Says that the invitation was mailed, and shows its link this once: without mail it is to be handed over. */
export function LinkDialog({ invited, onClose }: LinkDialogProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [failed, setFailed] = useState(false);
  const status = useQuery(mailStatusQuery);
  const mailed = status.data?.configured === true;
  const link = registerLink(invited.token);
  const { email, role: roleName } = invited.invitation;
  const role = t(`role.${roleName}`).toLocaleLowerCase();
  return (
    <Dialog
      title={t("people.link_title", { email })}
      onClose={onClose}
      // A click beside it would lose what can be seen only now.
      closeOnClickOutside={false}
    >
      <div className={classes.content}>
        <p className={classes.text} aria-busy={status.isPending}>
          {mailed
            ? t("people.link_mailed", { email, role })
            : status.isPending
              ? t("app.loading")
              : t("people.link_text", { role })}
        </p>
        <TextInput
          ref={input}
          label={mailed ? t("people.link_too") : t("people.link")}
          readOnly
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        {failed && <FormError>{t("copy.failed")}</FormError>}
        <p className={classes.text}>{t("people.link_once")}</p>
        <div className={classes.actions}>
          {!mailed && <Button onClick={onClose}>{t("people.done")}</Button>}
          <CopyButton
            {...(mailed ? {} : { variant: "signal", "data-autofocus": true })}
            text={link}
            onFailed={() => {
              input.current?.select();
              setFailed(true);
            }}
          >
            {t("people.copy")}
          </CopyButton>
          {mailed && (
            <Button variant="signal" data-autofocus onClick={onClose}>
              {t("people.done")}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
