import { Anchor, Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { tooManyText } from "@/shared/account/too-many";
import { useRefusals } from "@/shared/refusals";
import { BeforeSignIn, BeforeSignInTitle, Message } from "@/shared/ui/before-sign-in";
import beforeSignIn from "@/shared/ui/before-sign-in.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { forgotPassword } from "./queries";

/** Asks for a mail with which a new password can be chosen. It tells nobody whether an address has an account. */
export function ForgotPasswordPage() {
  const { t } = useTranslation();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: { email: (value) => (value.trim() === "" ? t("sign_in.email_needed") : null) },
  });
  const refusals = useRefusals(form, { email: "email" });
  const submit = useMutation({
    mutationFn: forgotPassword,
    onError: (error: Error) => refusals.show(error),
  });
  const problem = tooManyText(t, submit.error) ?? refusals.problem(submit.error);

  return (
    <BeforeSignIn title={t("forgot.title")}>
      {submit.isSuccess ? (
        <Message
          title={t("forgot.sent_title")}
          text={t("forgot.sent_text", { email: submit.variables })}
        >
          <Button variant="default" onClick={() => submit.reset()}>
            {t("forgot.again")}
          </Button>
          <Anchor component={Link} underline="always" to="/sign-in">
            {t("forgot.sign_in")}
          </Anchor>
        </Message>
      ) : (
        <Form
          className={beforeSignIn.form}
          busy={submit.isPending}
          onSubmit={form.onSubmit(({ email }) => submit.mutate(email.trim()))}
        >
          <BeforeSignInTitle>{t("forgot.title")}</BeforeSignInTitle>
          <p className={beforeSignIn.text}>{t("forgot.text")}</p>
          {problem !== undefined && <FormError>{problem}</FormError>}
          <fieldset disabled={submit.isPending}>
            <TextInput
              label={t("sign_in.email")}
              type="email"
              autoComplete="username"
              inputMode="email"
              autoCapitalize="none"
              maxLength={254}
              key={form.key("email")}
              {...form.getInputProps("email")}
            />
          </fieldset>
          <Button type="submit" variant="signal" size="lg" loading={submit.isPending} fullWidth>
            {t("forgot.submit")}
          </Button>
          <Anchor component={Link} underline="always" to="/sign-in">
            {t("forgot.sign_in")}
          </Anchor>
        </Form>
      )}
    </BeforeSignIn>
  );
}
