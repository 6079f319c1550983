import { Button, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { FormError } from "@/shared/ui/form-error";
import { type Invited, registerLink } from "./queries";

type LinkDialogProps = { invited: Invited; onClose: () => void };

/** Shows the link of an invitation this once, to be handed over. */
export function LinkDialog({ invited, onClose }: LinkDialogProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<"yes" | "failed">();
  const link = registerLink(invited.token);
  const { email, role } = invited.invitation;
  const copy = async () => {
    try {
      // Missing where the page came without encryption.
      await navigator.clipboard.writeText(link);
      setCopied("yes");
    } catch {
      input.current?.select();
      setCopied("failed");
    }
  };
  return (
    <Dialog
      title={t("people.link_title", { email })}
      onClose={onClose}
      // A click beside it would lose what can be seen only now.
      closeOnClickOutside={false}
    >
      <div className={classes.content}>
        <p className={classes.text}>
          {t("people.link_text", { role: t(`role.${role}`).toLocaleLowerCase() })}
        </p>
        <TextInput
          ref={input}
          label={t("people.link")}
          readOnly
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        {copied === "failed" && <FormError>{t("people.copy_failed")}</FormError>}
        <p className={classes.text}>{t("people.link_once")}</p>
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("people.done")}</Button>
          <Button
            variant="signal"
            data-autofocus
            leftSection={
              copied === "yes" ? (
                <IconCheck size={20} aria-hidden />
              ) : (
                <IconCopy size={20} aria-hidden />
              )
            }
            onClick={() => void copy()}
          >
            <span aria-live="polite">
              {copied === "yes" ? t("people.copied") : t("people.copy")}
            </span>
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
