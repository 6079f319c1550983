import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { PasswordInput } from "@/shared/account/password-input";
import { tooManyText } from "@/shared/account/too-many";
import type { Account } from "@/shared/api/types";
import { useRefusals } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useChangeEmail } from "./queries";

type EmailDialogProps = {
  me: Account;
  /** Told the address that waits to be confirmed, "" when none does. */
  onChanged: (waiting: string) => void;
  onClose: () => void;
};

/** Asks for another address to sign in with. */
export function EmailDialog({ me, onChanged, onClose }: EmailDialogProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => {
        if (value.trim() === "") {
          return t("people.email_needed");
        }
        return /^\S+@\S+$/.test(value.trim()) ? null : t("people.email_wrong");
      },
      password: (value) => (value === "" ? t("sign_in.password_needed") : null),
    },
  });
  const refusals = useRefusals(form, { email: "email", password: "password" });
  const change = useChangeEmail();
  const problem = tooManyText(t, change.error) ?? refusals.problem(change.error);
  return (
    <Dialog
      title={t("profile.email_change_title")}
      onClose={onClose}
      closeOnClickOutside={!form.isDirty()}
    >
      <Form
        className={classes.content}
        busy={change.isPending}
        onSubmit={form.onSubmit(({ email, password }) =>
          change.mutate(
            { email: email.trim(), password },
            { onSuccess: onChanged, onError: refusals.show },
          ),
        )}
      >
        <p className={classes.text}>{t("profile.email_change_text")}</p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={change.isPending} className={classes.fields}>
          <TextInput
            label={t("profile.email_new")}
            type="email"
            inputMode="email"
            autoComplete="email"
            autoCapitalize="none"
            data-autofocus
            {...form.getInputProps("email")}
          />
          <input type="text" autoComplete="username" hidden readOnly value={me.email} />
          <PasswordInput label={t("profile.password_now")} {...form.getInputProps("password")} />
        </fieldset>
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={change.isPending}>
            {t("profile.email_submit")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
