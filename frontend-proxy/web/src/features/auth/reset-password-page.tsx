import { Button, Skeleton, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { NewPasswordInput, newPasswordProblem } from "@/shared/account/new-password-input";
import { tooManyText } from "@/shared/account/too-many";
import { ApiError } from "@/shared/api/client";
import { useRefusals } from "@/shared/refusals";
import { BeforeSignIn, BeforeSignInTitle, Message } from "@/shared/ui/before-sign-in";
import beforeSignIn from "@/shared/ui/before-sign-in.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState } from "@/shared/ui/view-states";
import { resetPassword, resetQuery } from "./queries";

type ResetPasswordPageProps = { token: string };

/** Where the link of a forgotten password leads: one chooses another. */
export function ResetPasswordPage({ token }: ResetPasswordPageProps) {
  const { t } = useTranslation();
  return (
    <BeforeSignIn title={t("reset.title")}>
      {token === "" ? <DeadLink reason="missing" /> : <Reset token={token} />}
    </BeforeSignIn>
  );
}

const deadReasons = ["missing", "link_used", "link_expired"] as const;
type DeadReason = (typeof deadReasons)[number];

/** Why a link is good for nothing; undefined for a failure that may pass. */
function deadReason(error: unknown): DeadReason | undefined {
  return error instanceof ApiError
    ? deadReasons.find((reason) => reason === error.reason)
    : undefined;
}

function DeadLink({ reason }: { reason: DeadReason }) {
  const { t } = useTranslation();
  return (
    <Message title={t(`reset.${reason}_title`)} text={t(`reset.${reason}_text`)}>
      {reason === "link_used" && (
        <Button component={Link} to="/sign-in" variant="signal">
          {t("forgot.sign_in")}
        </Button>
      )}
      <Button component={Link} to="/forgot-password">
        {t("reset.ask_again")}
      </Button>
    </Message>
  );
}

function Reset({ token }: ResetPasswordPageProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const reset = useQuery({
    ...resetQuery(token),
    // The answer about a dead link does not change by asking again.
    retry: (count, error) => error instanceof ApiError && error.temporary && count < 2,
  });
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: (value) => newPasswordProblem(t, value) },
  });
  const refusals = useRefusals(form, { password: "password" });
  const submit = useMutation({
    mutationFn: resetPassword,
    onError: (error) => {
      refusals.show(error);
      if (deadReason(error) !== undefined) {
        // Used or made void while the form was open: the page says so.
        void queryClient.invalidateQueries({ queryKey: resetQuery(token).queryKey });
      }
    },
  });
  if (submit.isSuccess) {
    return (
      <Message
        title={t("reset.done_title")}
        text={
          submit.data.sessions_ended === 0
            ? t("reset.done_text")
            : t("reset.done_ended", { count: submit.data.sessions_ended })
        }
      >
        <Button component={Link} to="/sign-in" variant="signal" size="lg">
          {t("forgot.sign_in")}
        </Button>
      </Message>
    );
  }
  if (reset.isPending) {
    return (
      <div className={beforeSignIn.form} role="status" aria-label={t("app.loading")}>
        <Skeleton height={32} width="70%" />
        <Skeleton height={220} />
      </div>
    );
  }
  if (reset.isError) {
    const reason = deadReason(reset.error);
    return reason === undefined ? (
      <div className={beforeSignIn.form}>
        <BeforeSignInTitle>{t("reset.title")}</BeforeSignInTitle>
        <ErrorState error={reset.error} onRetry={() => reset.refetch()} />
      </div>
    ) : (
      <DeadLink reason={reason} />
    );
  }
  const problem = tooManyText(t, submit.error) ?? refusals.problem(submit.error);
  return (
    <Form
      className={beforeSignIn.form}
      busy={submit.isPending}
      onSubmit={form.onSubmit(({ password }) => submit.mutate({ token, password }))}
    >
      <BeforeSignInTitle>{t("reset.title")}</BeforeSignInTitle>
      <p className={beforeSignIn.text}>{t("reset.text")}</p>
      {problem !== undefined && <FormError>{problem}</FormError>}
      <fieldset disabled={submit.isPending}>
        {/* So that a password manager keeps the password with its account, as far as the link may tell which. */}
        <TextInput
          label={t("sign_in.email")}
          autoComplete="username"
          readOnly
          className={beforeSignIn.fixed}
          value={reset.data.email}
        />
        <NewPasswordInput
          key={form.key("password")}
          label={t("reset.password")}
          {...form.getInputProps("password")}
        />
      </fieldset>
      <Button type="submit" variant="signal" size="lg" loading={submit.isPending} fullWidth>
        {t("reset.submit")}
      </Button>
    </Form>
  );
}
