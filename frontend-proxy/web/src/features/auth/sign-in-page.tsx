import { Anchor, Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import type { Account } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { Notice } from "@/shared/ui/view-states";
import { BeforeSignIn, BeforeSignInTitle } from "./before-sign-in";
import beforeSignIn from "./before-sign-in.module.css";
import { signIn } from "./queries";
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
    <BeforeSignIn title={t("sign_in.title")}>
      <Form
        className={beforeSignIn.form}
        busy={submit.isPending}
        onSubmit={form.onSubmit((values) =>
          submit.mutate({ email: values.email.trim(), password: values.password }),
        )}
      >
        <BeforeSignInTitle>{t("sign_in.title")}</BeforeSignInTitle>
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
        <Anchor component={Link} to="/forgot-password">
          {t("sign_in.forgot")}
        </Anchor>
      </Form>
    </BeforeSignIn>
  );
}
