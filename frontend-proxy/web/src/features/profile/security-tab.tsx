import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/shared/account/me-query";
import { NewPasswordInput, newPasswordProblem } from "@/shared/account/new-password-input";
import { PasswordInput } from "@/shared/account/password-input";
import { RecoveryCodes } from "@/shared/account/recovery-codes";
import { SecondFactorSetup } from "@/shared/account/second-factor-setup";
import { tooManyText } from "@/shared/account/too-many";
import { queryKeys } from "@/shared/api/query-keys";
import type { Account } from "@/shared/api/types";
import { dayOf, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useRefusals } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import classes from "./profile-page.module.css";
import {
  secondFactorQuery,
  useChangePassword,
  useRemoveSecondFactor,
  useRenewRecoveryCodes,
} from "./queries";

type Mine = { me: Account };

/** How one signs in: the password, and the codes that are asked for besides. */
export function SecurityTab({ me }: Mine) {
  return (
    <div className={classes.panel}>
      <Password me={me} />
      <SecondFactor me={me} />
    </div>
  );
}

function Password({ me }: Mine) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { current: "", next: "" },
    validate: {
      current: (value) => (value === "" ? t("sign_in.password_needed") : null),
      next: (value) => newPasswordProblem(t, value),
    },
  });
  const { guard } = useUnsavedGuard(form.isDirty());
  const refusals = useRefusals(form, { current_password: "current", new_password: "next" });
  const change = useChangePassword();
  const problem = tooManyText(t, change.error) ?? refusals.problem(change.error);
  return (
    <section className={classes.section} aria-labelledby="password">
      <h2 id="password">{t("profile.password")}</h2>
      <p className={classes.text}>{t("profile.password_text")}</p>
      <Form
        className={classes.form}
        busy={change.isPending}
        onSubmit={form.onSubmit(({ current, next }) =>
          change.mutate(
            { current_password: current, new_password: next },
            { onSuccess: () => form.reset(), onError: refusals.show },
          ),
        )}
      >
        {guard}
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={change.isPending}>
          {/* So that a password manager keeps the password with its address. */}
          <input type="text" autoComplete="username" hidden readOnly value={me.email} />
          <PasswordInput label={t("profile.password_current")} {...form.getInputProps("current")} />
          <NewPasswordInput label={t("profile.password_new")} {...form.getInputProps("next")} />
        </fieldset>
        <Button type="submit" variant="signal" loading={change.isPending}>
          {t("profile.password_submit")}
        </Button>
        {change.isSuccess && !form.isDirty() && (
          <Notice icon={<IconCheck size={20} aria-hidden />}>
            {change.data === 0
              ? t("profile.password_saved")
              : t("profile.password_saved_ended", { count: change.data })}
          </Notice>
        )}
      </Form>
    </section>
  );
}

type Step = "set_up" | "renew" | "remove";

const told = {
  set_up: "profile.codes_set",
  renew: "profile.codes_renewed",
  remove: "profile.codes_removed",
} as const;

function SecondFactor({ me }: Mine) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const router = useRouter();
  const factor = useQuery(secondFactorQuery);
  const [step, setStep] = useState<Step>();
  const [done, setDone] = useState<Step>();
  const close = () => setStep(undefined);
  const begin = (next: Step) => {
    setDone(undefined);
    setStep(next);
  };
  const finish = async (finished?: Step) => {
    close();
    setDone(finished);
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: queryKeys.myAccount }),
      queryClient.invalidateQueries({ queryKey: meQuery.queryKey }),
    ]);
    // Where codes are required, nothing else works from now on until there are new ones.
    await router.invalidate();
  };
  return (
    <section className={classes.section} aria-labelledby="codes">
      <h2 id="codes">{t("second_factor_setup.title")}</h2>
      {factor.isPending && <LoadingRows count={1} height={80} />}
      {factor.isError && factor.data === undefined && (
        <ErrorState error={factor.error} onRetry={() => factor.refetch()} />
      )}
      {factor.data !== undefined && (
        <>
          <p className={classes.text}>
            {factor.data.since === null
              ? t("profile.codes_off")
              : t("profile.codes_on", {
                  date: nearDayText(dayOf(new Date(factor.data.since)), t, currentLanguage()),
                })}{" "}
            {factor.data.required && t("profile.codes_required")}
          </p>
          {factor.data.active && (
            <p
              className={`${classes.text} ${factor.data.recovery_codes_left < 3 ? classes.late : ""}`}
            >
              {t("profile.codes_left", { count: factor.data.recovery_codes_left })}
            </p>
          )}
          {done !== undefined && (
            <Notice icon={<IconCheck size={20} aria-hidden />}>{t(told[done])}</Notice>
          )}
          <div className={classes.actions}>
            {factor.data.active ? (
              <>
                <Button onClick={() => begin("renew")}>{t("profile.codes_renew")}</Button>
                <Button onClick={() => begin("remove")}>{t("profile.codes_remove")}</Button>
              </>
            ) : (
              <Button onClick={() => begin("set_up")}>{t("profile.codes_set_up")}</Button>
            )}
          </div>
        </>
      )}
      {step === "set_up" && (
        <Dialog
          title={t("second_factor_setup.title")}
          // The codes may count already: while the recovery codes are shown.
          onClose={() => void finish()}
          closeOnClickOutside={false}
        >
          <SecondFactorSetup email={me.email} onDone={() => void finish("set_up")} />
        </Dialog>
      )}
      {step === "renew" && (
        <RenewDialog me={me} onClose={close} onDone={() => void finish("renew")} />
      )}
      {step === "remove" && (
        <RemoveDialog
          me={me}
          required={factor.data?.required ?? false}
          onClose={close}
          onDone={() => void finish("remove")}
        />
      )}
    </section>
  );
}

type StepProps = Mine & { onDone: () => void; onClose: () => void };

function RenewDialog({ me, onDone, onClose }: StepProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { password: "" },
    validate: { password: (value) => (value === "" ? t("sign_in.password_needed") : null) },
  });
  const refusals = useRefusals(form, { password: "password" });
  const renew = useRenewRecoveryCodes();
  const problem = tooManyText(t, renew.error) ?? refusals.problem(renew.error);
  if (renew.isSuccess) {
    return (
      <Dialog
        title={t("second_factor_setup.codes_title")}
        onClose={onClose}
        closeOnClickOutside={false}
      >
        <RecoveryCodes codes={renew.data} email={me.email} onKept={onDone} />
      </Dialog>
    );
  }
  return (
    <Dialog title={t("profile.codes_renew_title")} onClose={onClose}>
      <Form
        className={dialog.content}
        busy={renew.isPending}
        onSubmit={form.onSubmit(({ password }) =>
          renew.mutate(password, { onError: refusals.show }),
        )}
      >
        <p className={dialog.text}>{t("profile.codes_renew_text")}</p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={renew.isPending} className={dialog.fields}>
          <input type="text" autoComplete="username" hidden readOnly value={me.email} />
          <PasswordInput
            label={t("profile.password_now")}
            data-autofocus
            {...form.getInputProps("password")}
          />
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="ink" loading={renew.isPending}>
            {t("profile.codes_renew_submit")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function RemoveDialog({ me, required, onDone, onClose }: StepProps & { required: boolean }) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { password: "", code: "" },
    validate: {
      password: (value) => (value === "" ? t("sign_in.password_needed") : null),
      code: (value) => (value.trim() === "" ? t("second_factor.code_needed") : null),
    },
  });
  const refusals = useRefusals(form, { password: "password", code: "code" });
  const remove = useRemoveSecondFactor();
  const problem = tooManyText(t, remove.error) ?? refusals.problem(remove.error);
  return (
    <Dialog title={t("profile.codes_remove_title")} onClose={onClose}>
      <Form
        className={dialog.content}
        busy={remove.isPending}
        onSubmit={form.onSubmit(({ password, code }) =>
          remove.mutate(
            { password, code: code.trim() },
            { onSuccess: onDone, onError: refusals.show },
          ),
        )}
      >
        <p className={dialog.text}>
          {t("profile.codes_remove_text")} {required && t("profile.codes_remove_required")}
        </p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={remove.isPending} className={dialog.fields}>
          <input type="text" autoComplete="username" hidden readOnly value={me.email} />
          <PasswordInput
            label={t("profile.password_now")}
            data-autofocus
            {...form.getInputProps("password")}
          />
          <TextInput
            label={t("profile.codes_remove_code")}
            autoComplete="one-time-code"
            autoCapitalize="none"
            maxLength={64}
            {...form.getInputProps("code")}
          />
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="ink" loading={remove.isPending}>
            {t("profile.codes_remove_submit")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
