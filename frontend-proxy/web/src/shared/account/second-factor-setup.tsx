import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, api, unwrap } from "../api/client";
import { useRefusals } from "../refusals";
import { CopyButton } from "../ui/copy-button";
import dialog from "../ui/dialog.module.css";
import { Form } from "../ui/form";
import { FormError } from "../ui/form-error";
import { appCodeProblem } from "./code";
import { PasswordInput } from "./password-input";
import { RecoveryCodes } from "./recovery-codes";
import classes from "./second-factor.module.css";
import { tooManyText } from "./too-many";

type Begun = { key: string; uri: string; qr_code: string };

type SecondFactorSetupProps = {
  /** Whose account it is. */
  email: string;
  /** The second factor counts and the recovery codes are kept. */
  onDone: () => void;
};

/** Sets up codes for signing in: the password, the key for the app, a code that shows that it has it, recovery codes. */
export function SecondFactorSetup({ email, onDone }: SecondFactorSetupProps) {
  const { t } = useTranslation();
  const [begun, setBegun] = useState<Begun>();
  const [on, setOn] = useState(false);
  const [codes, setCodes] = useState<readonly string[]>();
  if (codes !== undefined) {
    return <RecoveryCodes codes={codes} email={email} onKept={onDone} />;
  }
  if (on) {
    // The answer with the recovery codes was lost on the way, or another window was faster.
    return (
      <PasswordStep
        key="renew"
        email={email}
        text={t("second_factor_setup.on_text")}
        submitLabel={t("profile.codes_renew_submit")}
        send={async (password) =>
          (await unwrap(api().POST("/me/recovery-codes", { body: { password } }))).recovery_codes
        }
        onSent={setCodes}
      >
        <Button onClick={onDone}>{t("second_factor_setup.codes_kept")}</Button>
      </PasswordStep>
    );
  }
  return begun === undefined ? (
    <PasswordStep
      key="begin"
      email={email}
      text={t("second_factor_setup.password_text")}
      submitLabel={t("second_factor_setup.begin")}
      send={(password) => unwrap(api().POST("/me/second-factor", { body: { password } }))}
      onSent={setBegun}
      onRefused={(error) => setOn(isOn(error))}
    />
  ) : (
    <Confirm
      begun={begun}
      onConfirmed={setCodes}
      onAgain={() => setBegun(undefined)}
      onRefused={(error) => setOn(isOn(error))}
    />
  );
}

function isOn(error: unknown): boolean {
  return error instanceof ApiError && error.reason === "second_factor_on";
}

type PasswordStepProps<Answer> = {
  email: string;
  text: string;
  submitLabel: string;
  send: (password: string) => Promise<Answer>;
  onSent: (answer: Answer) => void;
  onRefused?: (error: unknown) => void;
  /** What else can be done. */
  children?: ReactNode;
};

function PasswordStep<Answer>({
  email,
  text,
  submitLabel,
  send,
  onSent,
  onRefused,
  children,
}: PasswordStepProps<Answer>) {
  const { t } = useTranslation();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: (value) => (value === "" ? t("sign_in.password_needed") : null) },
  });
  const refusals = useRefusals(form, { password: "password" });
  const submit = useMutation({
    mutationFn: send,
    onSuccess: onSent,
    onError: (error) => {
      refusals.show(error);
      onRefused?.(error);
    },
  });
  const problem = tooManyText(t, submit.error) ?? refusals.problem(submit.error);
  return (
    <Form
      className={dialog.content}
      busy={submit.isPending}
      onSubmit={form.onSubmit(({ password }) => submit.mutate(password))}
    >
      <p className={dialog.text}>{text}</p>
      {problem !== undefined && <FormError>{problem}</FormError>}
      <fieldset disabled={submit.isPending} className={dialog.fields}>
        {/* So that a password manager knows whose password it is. */}
        <input type="text" autoComplete="username" hidden readOnly value={email} />
        <PasswordInput
          label={t("profile.password_now")}
          data-autofocus
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
      </fieldset>
      <div className={dialog.actions}>
        {children}
        <Button type="submit" variant="signal" loading={submit.isPending}>
          {submitLabel}
        </Button>
      </div>
    </Form>
  );
}

type ConfirmProps = {
  begun: Begun;
  onConfirmed: (codes: readonly string[]) => void;
  onAgain: () => void;
  onRefused: (error: unknown) => void;
};

function Confirm({ begun, onConfirmed, onAgain, onRefused }: ConfirmProps) {
  const { t } = useTranslation();
  const scan = useRef<HTMLParagraphElement>(null);
  const [failed, setFailed] = useState(false);
  // The field that had the focus is gone: who listens hears what comes next.
  useEffect(() => scan.current?.focus(), []);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { code: "" },
    validate: { code: (value) => appCodeProblem(t, value) },
  });
  const refusals = useRefusals(form, { code: "code" });
  const confirm = useMutation({
    mutationFn: async (code: string) =>
      (await unwrap(api().PUT("/me/second-factor", { body: { code } }))).recovery_codes,
    onSuccess: onConfirmed,
    onError: (error) => {
      refusals.show(error);
      onRefused(error);
    },
  });
  const problem = tooManyText(t, confirm.error) ?? refusals.problem(confirm.error);
  // Another window has taken it back.
  const stuck = confirm.error instanceof ApiError && confirm.error.code === "failed_precondition";
  return (
    <Form
      className={dialog.content}
      busy={confirm.isPending}
      onSubmit={form.onSubmit(({ code }) => confirm.mutate(code.replaceAll(/\s/g, "")))}
    >
      <div className={classes.scan}>
        <p ref={scan} tabIndex={-1}>
          {t("second_factor_setup.scan")}
        </p>
        <img
          className={classes.qr}
          alt={t("second_factor_setup.qr")}
          src={`data:image/svg+xml,${encodeURIComponent(begun.qr_code)}`}
        />
        <a className={classes.link} href={begun.uri}>
          {t("second_factor_setup.open_app")}
        </a>
        <div className={classes.key}>
          <p>{t("second_factor_setup.key")}</p>
          <code>{begun.key.match(/.{1,4}/g)?.join(" ")}</code>
          <CopyButton text={begun.key} onFailed={() => setFailed(true)}>
            {t("second_factor_setup.copy_key")}
          </CopyButton>
          {failed && <FormError>{t("copy.failed")}</FormError>}
        </div>
      </div>
      {problem !== undefined && <FormError>{problem}</FormError>}
      <fieldset disabled={confirm.isPending} className={dialog.fields}>
        <TextInput
          label={t("second_factor_setup.code")}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          key={form.key("code")}
          {...form.getInputProps("code")}
        />
      </fieldset>
      <div className={dialog.actions}>
        {stuck && <Button onClick={onAgain}>{t("second_factor_setup.begin_again")}</Button>}
        <Button type="submit" variant="signal" loading={confirm.isPending}>
          {t("second_factor_setup.confirm")}
        </Button>
      </div>
    </Form>
  );
}
