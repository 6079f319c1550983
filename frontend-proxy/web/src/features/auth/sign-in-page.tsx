import { Anchor, Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PasswordInput } from "@/shared/account/password-input";
import { tooManyText } from "@/shared/account/too-many";
import { ApiError } from "@/shared/api/client";
import type { Account } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { BeforeSignIn, BeforeSignInTitle } from "@/shared/ui/before-sign-in";
import beforeSignIn from "@/shared/ui/before-sign-in.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { Notice } from "@/shared/ui/view-states";
import { signIn } from "./queries";
import { SecondFactorForm } from "./second-factor-form";

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
  const [asksCode, setAsksCode] = useState(false);
  const [tooLate, setTooLate] = useState(false);
  const submit = useMutation({
    mutationFn: signIn,
    onSuccess: (account) => {
      if (account !== undefined) {
        onSignedIn(account);
        return;
      }
      form.setFieldValue("password", "");
      setAsksCode(true);
    },
  });
  const wrong = submit.error instanceof ApiError && submit.error.reason === "wrong_credentials";

  if (asksCode) {
    return (
      <BeforeSignIn title={t("sign_in.title")}>
        <SecondFactorForm
          onSignedIn={onSignedIn}
          onBack={(late) => {
            submit.reset();
            setTooLate(late);
            setAsksCode(false);
          }}
        />
      </BeforeSignIn>
    );
  }
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
        {tooLate && !submit.isError && <Notice>{t("second_factor.too_late")}</Notice>}
        {ended && !tooLate && !submit.isError && <Notice>{t("sign_in.ended")}</Notice>}
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
            aria-invalid={wrong || form.errors.password !== undefined}
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
        </fieldset>
        <Button type="submit" variant="signal" size="lg" loading={submit.isPending} fullWidth>
          {t("sign_in.submit")}
        </Button>
        <Anchor component={Link} underline="always" to="/forgot-password">
          {t("sign_in.forgot")}
        </Anchor>
      </Form>
    </BeforeSignIn>
  );
}
