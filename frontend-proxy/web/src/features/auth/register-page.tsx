import { Button, Skeleton, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { NewPasswordInput, newPasswordProblem } from "@/shared/account/new-password-input";
import { tooManyText } from "@/shared/account/too-many";
import { ApiError } from "@/shared/api/client";
import type { Account, Role } from "@/shared/api/types";
import { dayOf, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { phoneNumber } from "@/shared/phone";
import { useRefusals } from "@/shared/refusals";
import { BeforeSignIn, BeforeSignInTitle, Message } from "@/shared/ui/before-sign-in";
import beforeSignIn from "@/shared/ui/before-sign-in.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState } from "@/shared/ui/view-states";
import { invitationQuery, register } from "./queries";
import classes from "./register-page.module.css";

type RegisterPageProps = {
  token: string | undefined;
  onRegistered: (account: Account) => void;
  onSignIn: () => void;
};

/** Where an invitation's link leads: one makes the account and is signed in. */
export function RegisterPage({ token, onRegistered, onSignIn }: RegisterPageProps) {
  const { t } = useTranslation();
  return (
    <BeforeSignIn title={t("register.title")}>
      {token === undefined || token === "" ? (
        <Message title={t("register.no_token_title")} text={t("register.no_token_text")} />
      ) : (
        <Invited token={token} onRegistered={onRegistered} onSignIn={onSignIn} />
      )}
    </BeforeSignIn>
  );
}

type InvitedProps = RegisterPageProps & { token: string };

function Invited({ token, onRegistered, onSignIn }: InvitedProps) {
  const { t } = useTranslation();
  const invitation = useQuery({
    ...invitationQuery(token),
    // The answer about a dead link does not change by asking again.
    retry: (count, error) => error instanceof ApiError && error.temporary && count < 2,
  });
  if (invitation.isPending) {
    return (
      <div className={beforeSignIn.form} role="status" aria-label={t("app.loading")}>
        <Skeleton height={32} width="70%" />
        <Skeleton height={420} />
      </div>
    );
  }
  if (invitation.isError) {
    const reason = invitation.error instanceof ApiError ? invitation.error.reason : undefined;
    switch (reason) {
      case "invitation_used":
        return (
          <Message title={t("register.used_title")} text={t("register.used_text")}>
            <Button onClick={onSignIn}>{t("register.sign_in")}</Button>
          </Message>
        );
      case "invitation_expired":
        return <Message title={t("register.expired_title")} text={t("register.expired_text")} />;
      case "missing":
        return <Message title={t("register.missing_title")} text={t("register.missing_text")} />;
      default:
        return (
          <div className={beforeSignIn.form}>
            <BeforeSignInTitle>{t("register.title")}</BeforeSignInTitle>
            <ErrorState error={invitation.error} onRetry={() => invitation.refetch()} />
          </div>
        );
    }
  }
  return <RegisterForm token={token} invitation={invitation.data} onRegistered={onRegistered} />;
}

type RegisterFormProps = {
  token: string;
  invitation: { email: string; role: Role; expires_at: string };
  onRegistered: (account: Account) => void;
};

const fields = {
  first_name: "firstName",
  last_name: "lastName",
  phone: "phone",
  password: "password",
} as const;

function RegisterForm({ token, invitation, onRegistered }: RegisterFormProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { firstName: "", lastName: "", phone: "", password: "" },
    validate: {
      firstName: (value) => (value.trim() === "" ? t("register.first_name_needed") : null),
      lastName: (value) => (value.trim() === "" ? t("register.last_name_needed") : null),
      phone: (value) =>
        value.trim() === "" || /^\+[1-9]\d{6,14}$/.test(phoneNumber(value))
          ? null
          : t("register.phone_wrong"),
      password: (value) => newPasswordProblem(t, value),
    },
  });
  const refusals = useRefusals(form, fields);
  const submit = useMutation({
    mutationFn: register,
    onSuccess: onRegistered,
    onError: (error) => {
      refusals.show(error);
      const reason = error instanceof ApiError ? error.reason : undefined;
      if (["invitation_used", "invitation_expired", "missing"].includes(reason ?? "")) {
        // Used or withdrawn while the form was open: the page says so.
        void queryClient.invalidateQueries({ queryKey: invitationQuery(token).queryKey });
      }
    },
  });
  const problem = tooManyText(t, submit.error) ?? refusals.problem(submit.error);

  return (
    <Form
      className={beforeSignIn.form}
      busy={submit.isPending}
      onSubmit={form.onSubmit((values) =>
        submit.mutate({
          token,
          first_name: values.firstName.trim(),
          last_name: values.lastName.trim(),
          phone: phoneNumber(values.phone),
          password: values.password,
          language: currentLanguage(),
        }),
      )}
    >
      <BeforeSignInTitle>{t("register.welcome")}</BeforeSignInTitle>
      <p className={beforeSignIn.text}>
        {t("register.as", { role: t(`role.${invitation.role}`).toLowerCase() })}{" "}
        {t("register.until", {
          date: nearDayText(dayOf(new Date(invitation.expires_at)), t, currentLanguage()),
        })}
      </p>
      {problem !== undefined && <FormError>{problem}</FormError>}
      <fieldset disabled={submit.isPending}>
        {/* In the form, so that a password manager keeps the password with its address. */}
        <TextInput
          label={t("register.email")}
          type="email"
          autoComplete="username"
          readOnly
          className={beforeSignIn.fixed}
          value={invitation.email}
        />
        <div className={classes.names}>
          <TextInput
            label={t("register.first_name")}
            autoComplete="given-name"
            maxLength={100}
            key={form.key("firstName")}
            {...form.getInputProps("firstName")}
          />
          <TextInput
            label={t("register.last_name")}
            autoComplete="family-name"
            maxLength={100}
            key={form.key("lastName")}
            {...form.getInputProps("lastName")}
          />
        </div>
        <TextInput
          label={t("register.phone")}
          description={t("register.phone_hint")}
          type="tel"
          autoComplete="tel"
          maxLength={40}
          key={form.key("phone")}
          {...form.getInputProps("phone")}
        />
        <NewPasswordInput
          key={form.key("password")}
          label={t("register.password")}
          {...form.getInputProps("password")}
        />
      </fieldset>
      <Button type="submit" variant="signal" size="lg" loading={submit.isPending} fullWidth>
        {t("register.submit")}
      </Button>
    </Form>
  );
}
