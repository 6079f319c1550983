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
import { isWorkKind } from "./kinds";
import { unsubscribe } from "./queries";

type UnsubscribePageProps = { token: string };

/**
 * Where a mail about work leads who wants no more of its kind. Nobody has to sign in, and a button asks first: programs
 * that look at mail follow links.
 */
export function UnsubscribePage({ token }: UnsubscribePageProps) {
  const { t } = useTranslation();
  const submit = useMutation({ mutationFn: unsubscribe });
  const { error } = submit;
  // The token says which kind it ends; only the server knows whether it is one of ours.
  const kind = token.split(".")[1];
  const refused = error instanceof ApiError && error.code === "not_found";
  const problem = tooManyText(t, error) ?? problemText(t, error);
  const preferences = (
    <Link to="/profile" search={{ tab: "mail" }} className={classes.way ?? ""}>
      {t("unsubscribe.preferences")}
    </Link>
  );
  return (
    <BeforeSignIn title={t("unsubscribe.title")}>
      {!isWorkKind(kind) || refused ? (
        <Message title={t("unsubscribe.dead_title")} text={t("unsubscribe.dead_text")}>
          {preferences}
        </Message>
      ) : submit.isSuccess ? (
        <Message
          title={t("unsubscribe.done_title")}
          text={t("unsubscribe.done_text", { kind: t(`mail.kinds.${kind}`) })}
        >
          {preferences}
        </Message>
      ) : (
        <Form
          className={classes.form}
          busy={submit.isPending}
          onSubmit={() => submit.mutate(token)}
        >
          <BeforeSignInTitle>{t("unsubscribe.title")}</BeforeSignInTitle>
          <p className={classes.text}>{t("unsubscribe.text", { kind: t(`mail.kinds.${kind}`) })}</p>
          {problem !== undefined && <FormError>{problem}</FormError>}
          <Button type="submit" variant="signal" size="lg" loading={submit.isPending} fullWidth>
            {t("unsubscribe.submit")}
          </Button>
        </Form>
      )}
    </BeforeSignIn>
  );
}
