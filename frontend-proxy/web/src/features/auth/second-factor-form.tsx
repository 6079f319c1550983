import { Button, Checkbox, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { appCodeProblem } from "@/shared/account/code";
import { tooManyText } from "@/shared/account/too-many";
import { ApiError } from "@/shared/api/client";
import type { Account } from "@/shared/api/types";
import { useRefusals } from "@/shared/refusals";
import { BeforeSignInTitle, Message } from "@/shared/ui/before-sign-in";
import classes from "@/shared/ui/before-sign-in.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { giveSecondFactor } from "./queries";

type SecondFactorFormProps = {
  onSignedIn: (account: Account) => void;
  /** Back to the password: because they want to, or because the time for the code is up. */
  onBack: (tooLate: boolean) => void;
};

/** The second step of signing in: a code of the app, or a recovery code. */
export function SecondFactorForm({ onSignedIn, onBack }: SecondFactorFormProps) {
  const { t } = useTranslation();
  const [recovery, setRecovery] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  // The field that was there before is gone with what it asked for.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another kind of code is asked for
  useEffect(() => input.current?.focus(), [recovery]);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { code: "", rememberDevice: false },
    validate: {
      code: (value) =>
        recovery
          ? value.trim() === ""
            ? t("second_factor.code_needed")
            : null
          : appCodeProblem(t, value),
    },
  });
  const refusals = useRefusals(form, { code: "code" });
  const submit = useMutation({
    mutationFn: giveSecondFactor,
    onSuccess: (answer) => {
      if (!answer.recoveryCodeUsed) {
        onSignedIn(answer.account);
      }
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === "unauthenticated") {
        onBack(true);
      } else {
        refusals.show(error);
      }
    },
  });
  if (submit.data?.recoveryCodeUsed === true) {
    const { account, recoveryCodesLeft } = submit.data;
    return (
      <Message
        title={t("second_factor.recovery_used_title")}
        text={t("second_factor.recovery_used_text", { count: recoveryCodesLeft })}
      >
        <Button variant="signal" size="lg" onClick={() => onSignedIn(account)}>
          {t("second_factor.submit")}
        </Button>
      </Message>
    );
  }
  const problem = tooManyText(t, submit.error) ?? refusals.problem(submit.error);
  return (
    <Form
      className={classes.form}
      busy={submit.isPending}
      onSubmit={form.onSubmit((values) =>
        submit.mutate({ code: values.code.trim(), remember_device: values.rememberDevice }),
      )}
    >
      <BeforeSignInTitle>{t("second_factor.title")}</BeforeSignInTitle>
      <p className={classes.text}>
        {recovery ? t("second_factor.recovery_hint") : t("second_factor.text")}
      </p>
      {problem !== undefined && <FormError>{problem}</FormError>}
      <fieldset disabled={submit.isPending}>
        <TextInput
          ref={input}
          maxLength={64}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          {...(recovery
            ? { label: t("second_factor.recovery_code"), autoComplete: "off" }
            : {
                label: t("second_factor.code"),
                autoComplete: "one-time-code",
                inputMode: "numeric",
              })}
          key={form.key("code")}
          {...form.getInputProps("code")}
        />
        <Checkbox
          className={classes.check}
          label={t("second_factor.remember")}
          description={t("second_factor.remember_hint")}
          key={form.key("rememberDevice")}
          {...form.getInputProps("rememberDevice", { type: "checkbox" })}
        />
      </fieldset>
      <Button type="submit" variant="signal" size="lg" loading={submit.isPending} fullWidth>
        {t("second_factor.submit")}
      </Button>
      <div className={classes.ways}>
        <button
          type="button"
          className={classes.way}
          onClick={() => {
            form.setFieldValue("code", "");
            form.clearErrors();
            setRecovery(!recovery);
          }}
        >
          {recovery ? t("second_factor.use_app") : t("second_factor.use_recovery")}
        </button>
        <button type="button" className={classes.way} onClick={() => onBack(false)}>
          {t("second_factor.again")}
        </button>
      </div>
    </Form>
  );
}
