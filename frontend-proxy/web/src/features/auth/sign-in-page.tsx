import { Anchor, Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { PasswordInput } from "@/shared/account/password-input";
import { tooManyText } from "@/shared/account/too-many";
import { ApiError } from "@/shared/api/client";
import type { Account } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { loadTexts } from "@/shared/i18n/i18n";
import { BeforeSignIn, BeforeSignInTitle } from "@/shared/ui/before-sign-in";
import beforeSignIn from "@/shared/ui/before-sign-in.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { Notice } from "@/shared/ui/view-states";
import { signIn } from "./queries";
import type { SecondFactorForm } from "./second-factor-form";

type SignInPageProps = {
  /** The visitor was signed in before and the session ended. */
  ended: boolean;
  onSignedIn: (account: Account) => void;
};

export function SignInPage({ ended, onSignedIn }: SignInPageProps) {
  const { t } = useTranslation();
  const [missing, setMissing] = useState({ email: false, password: false });
  // What was given before the code was asked for, to which one may come back.
  const [email, setEmail] = useState("");
  // Most have no second factor, and the form for it is not loaded for them.
  const [CodeForm, setCodeForm] = useState<typeof SecondFactorForm>();
  const [tooLate, setTooLate] = useState(false);
  const submit = useMutation({
    mutationFn: async (credentials: { email: string; password: string }) => {
      const account = await signIn(credentials);
      if (account !== undefined) {
        return account;
      }
      const [form] = await Promise.all([import("./second-factor-form"), loadTexts(["account"])]);
      return form.SecondFactorForm;
    },
    onSuccess: (answer) => {
      if (typeof answer === "function") {
        setCodeForm(() => answer);
      } else {
        onSignedIn(answer);
      }
    },
  });
  const wrong = submit.error instanceof ApiError && submit.error.reason === "wrong_credentials";

  const send = (event: FormEvent<HTMLFormElement>) => {
    const fields = new FormData(event.currentTarget);
    const email = String(fields.get("email")).trim();
    const password = String(fields.get("password"));
    setEmail(email);
    setMissing({ email: email === "", password: password === "" });
    if (email !== "" && password !== "") {
      submit.mutate({ email, password });
    }
  };

  if (CodeForm !== undefined) {
    return (
      <BeforeSignIn title={t("sign_in.title")}>
        <CodeForm
          onSignedIn={onSignedIn}
          onBack={(late) => {
            submit.reset();
            setTooLate(late);
            setCodeForm(undefined);
          }}
        />
      </BeforeSignIn>
    );
  }
  return (
    <BeforeSignIn title={t("sign_in.title")}>
      <Form className={beforeSignIn.form} busy={submit.isPending} onSubmit={send}>
        <BeforeSignInTitle>{t("sign_in.title")}</BeforeSignInTitle>
        {tooLate && !submit.isError && <Notice>{t("sign_in.too_late")}</Notice>}
        {ended && !tooLate && !submit.isError && <Notice>{t("sign_in.ended")}</Notice>}
        {submit.isError && (
          <FormError>{tooManyText(t, submit.error) ?? errorText(t, submit.error)}</FormError>
        )}
        <fieldset disabled={submit.isPending}>
          <TextInput
            name="email"
            label={t("sign_in.email")}
            type="email"
            autoComplete="username"
            inputMode="email"
            autoCapitalize="none"
            defaultValue={email}
            error={missing.email ? t("sign_in.email_needed") : undefined}
            onChange={() => setMissing({ ...missing, email: false })}
          />
          <PasswordInput
            name="password"
            label={t("sign_in.password")}
            aria-invalid={wrong || missing.password}
            error={missing.password ? t("sign_in.password_needed") : undefined}
            onChange={() => setMissing({ ...missing, password: false })}
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
