import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { tooManyText } from "@/shared/account/too-many";
import { ApiError } from "@/shared/api/client";
import { problemText } from "@/shared/refusals";
import { BeforeSignIn, BeforeSignInTitle, Message } from "@/shared/ui/before-sign-in";
import classes from "@/shared/ui/before-sign-in.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { confirmEmail } from "./queries";

const deadReasons = ["missing", "link_used", "link_expired", "account_exists"] as const;

type ConfirmEmailPageProps = { token: string; onConfirmed: () => void };

/** Where the mail to a new address leads. One confirms with a button: programs that look at mail follow links. */
export function ConfirmEmailPage({ token, onConfirmed }: ConfirmEmailPageProps) {
  const { t } = useTranslation();
  const submit = useMutation({ mutationFn: confirmEmail, onSuccess: onConfirmed });
  const { error } = submit;
  const refused =
    error instanceof ApiError ? deadReasons.find((reason) => reason === error.reason) : undefined;
  const dead = token === "" ? "missing" : refused;
  const problem = tooManyText(t, error) ?? problemText(t, error);
  const goOn = (
    <Button component={Link} to="/" size="lg">
      {t("confirm_email.go_on")}
    </Button>
  );
  return (
    <BeforeSignIn title={t("confirm_email.title")}>
      {submit.isSuccess ? (
        <Message
          title={t("confirm_email.done_title")}
          text={t("confirm_email.done_text", { email: submit.data.email })}
        >
          {goOn}
        </Message>
      ) : dead !== undefined ? (
        <Message title={t(`confirm_email.${dead}_title`)} text={t(`confirm_email.${dead}_text`)}>
          {goOn}
        </Message>
      ) : (
        <Form
          className={classes.form}
          busy={submit.isPending}
          onSubmit={() => submit.mutate(token)}
        >
          <BeforeSignInTitle>{t("confirm_email.title")}</BeforeSignInTitle>
          <p className={classes.text}>{t("confirm_email.text")}</p>
          {problem !== undefined && <FormError>{problem}</FormError>}
          <Button type="submit" variant="signal" size="lg" loading={submit.isPending} fullWidth>
            {t("confirm_email.submit")}
          </Button>
        </Form>
      )}
    </BeforeSignIn>
  );
}
