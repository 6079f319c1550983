import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
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
  const [begun, setBegun] = useState<Begun>();
  const [codes, setCodes] = useState<readonly string[]>();
  if (codes !== undefined) {
    return <RecoveryCodes codes={codes} email={email} onKept={onDone} />;
  }
  return begun === undefined ? (
    <Begin email={email} onBegun={setBegun} />
  ) : (
    <Confirm begun={begun} onConfirmed={setCodes} onAgain={() => setBegun(undefined)} />
  );
}

function Begin({ email, onBegun }: { email: string; onBegun: (begun: Begun) => void }) {
  const { t } = useTranslation();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: (value) => (value === "" ? t("sign_in.password_needed") : null) },
  });
  const refusals = useRefusals(form, { password: "password" });
  const begin = useMutation({
    mutationFn: (password: string) =>
      unwrap(api().POST("/me/second-factor", { body: { password } })),
    onSuccess: onBegun,
    onError: refusals.show,
  });
  const problem = tooManyText(t, begin.error) ?? refusals.problem(begin.error);
  return (
    <Form
      className={dialog.content}
      busy={begin.isPending}
      onSubmit={form.onSubmit(({ password }) => begin.mutate(password))}
    >
      <p className={dialog.text}>{t("second_factor_setup.password_text")}</p>
      {problem !== undefined && <FormError>{problem}</FormError>}
      <fieldset disabled={begin.isPending} className={dialog.fields}>
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
        <Button type="submit" variant="signal" loading={begin.isPending}>
          {t("second_factor_setup.begin")}
        </Button>
      </div>
    </Form>
  );
}

type ConfirmProps = {
  begun: Begun;
  onConfirmed: (codes: readonly string[]) => void;
  onAgain: () => void;
};

function Confirm({ begun, onConfirmed, onAgain }: ConfirmProps) {
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
    onError: refusals.show,
  });
  const problem = tooManyText(t, confirm.error) ?? refusals.problem(confirm.error);
  // Another window began anew, or was faster.
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
