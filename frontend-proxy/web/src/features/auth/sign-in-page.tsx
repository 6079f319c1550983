import { Button, PasswordInput, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import type { Account } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { Brand } from "@/shared/ui/brand";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { LanguageSwitch } from "@/shared/ui/language-switch";
import { PageTitle } from "@/shared/ui/page-title";
import { Notice } from "@/shared/ui/view-states";
import beforeSignIn from "./before-sign-in.module.css";
import { signIn } from "./queries";
import classes from "./sign-in-page.module.css";
import { tooManyText } from "./too-many";

type SignInPageProps = {
  /** The visitor was signed in before and the session ended. */
  ended: boolean;
  onSignedIn: (account: Account) => void;
};

export function SignInPage({ ended, onSignedIn }: SignInPageProps) {
  const { t } = useTranslation();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (value.trim() === "" ? t("sign_in.email_needed") : null),
      password: (value) => (value === "" ? t("sign_in.password_needed") : null),
    },
  });
  const submit = useMutation({ mutationFn: signIn, onSuccess: onSignedIn });
  const wrong = submit.error instanceof ApiError && submit.error.reason === "wrong_credentials";

  return (
    <div className={beforeSignIn.page}>
      <PageTitle>{t("sign_in.title")}</PageTitle>
      <header className={beforeSignIn.top}>
        <Brand />
        <LanguageSwitch />
      </header>
      <main className={classes.main}>
        <Form
          className={classes.form}
          busy={submit.isPending}
          onSubmit={form.onSubmit((values) =>
            submit.mutate({ email: values.email.trim(), password: values.password }),
          )}
        >
          <span className={beforeSignIn.kerb} aria-hidden />
          <Title order={1}>{t("sign_in.title")}</Title>
          {ended && !submit.isError && <Notice>{t("sign_in.ended")}</Notice>}
          {submit.isError && (
            <FormError>{tooManyText(t, submit.error) ?? errorText(t, submit.error)}</FormError>
          )}
          <fieldset disabled={submit.isPending}>
            <TextInput
              label={t("sign_in.email")}
              type="email"
              autoComplete="username"
              inputMode="email"
              autoCapitalize="none"
              key={form.key("email")}
              {...form.getInputProps("email")}
            />
            <PasswordInput
              label={t("sign_in.password")}
              autoComplete="current-password"
              visibilityToggleButtonProps={{
                "aria-label": t("sign_in.show_password"),
                tabIndex: 0,
              }}
              // Other inputs say it themselves.
              aria-invalid={wrong || form.errors.password !== undefined}
              key={form.key("password")}
              {...form.getInputProps("password")}
            />
          </fieldset>
          <Button type="submit" variant="signal" size="lg" loading={submit.isPending} fullWidth>
            {t("sign_in.submit")}
          </Button>
        </Form>
      </main>
    </div>
  );
}
