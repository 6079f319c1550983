import { Button, NativeSelect, Radio, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { PasswordInput } from "@/shared/account/password-input";
import { tooManyText } from "@/shared/account/too-many";
import type { Account } from "@/shared/api/types";
import { useRefusals } from "@/shared/refusals";
import { CopyButton } from "@/shared/ui/copy-button";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import classes from "./profile-page.module.css";
import { type MadeToken, useMakeToken } from "./queries";

const scopes = ["read", "write"] as const;
const days = [30, 90, 365] as const;

type TokenDialogProps = { me: Account; onClose: () => void };

/** Makes a token, and shows it this once. */
export function TokenDialog({ me, onClose }: TokenDialogProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { name: "", scope: "read" as (typeof scopes)[number], days: "90", password: "" },
    validate: {
      name: (value) => (value.trim() === "" ? t("tokens.name_needed") : null),
      password: (value) => (value === "" ? t("sign_in.password_needed") : null),
    },
  });
  const refusals = useRefusals(form, {
    name: "name",
    scope: "scope",
    days: "days",
    password: "password",
  });
  const make = useMakeToken();
  if (make.isSuccess) {
    return <Made made={make.data} onClose={onClose} />;
  }
  const problem = tooManyText(t, make.error) ?? refusals.problem(make.error);
  return (
    <Dialog title={t("tokens.add")} onClose={onClose} closeOnClickOutside={!form.isDirty()}>
      <Form
        className={dialog.content}
        busy={make.isPending}
        onSubmit={form.onSubmit((values) =>
          make.mutate(
            { ...values, name: values.name.trim(), days: Number(values.days) },
            { onError: refusals.show },
          ),
        )}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={make.isPending} className={dialog.fields}>
          <TextInput
            label={t("tokens.name")}
            description={t("tokens.name_hint")}
            autoComplete="off"
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <Radio.Group label={t("tokens.scope")} {...form.getInputProps("scope")}>
            <div className={classes.choices}>
              {scopes.map((scope) => (
                <Radio.Card key={scope} value={scope} className={classes.choice}>
                  <Radio.Indicator />
                  <span>
                    {t(`tokens.scope_${scope}`)}
                    {scope === "write" && <small>{t("tokens.scope_write_hint")}</small>}
                  </span>
                </Radio.Card>
              ))}
            </div>
          </Radio.Group>
          <NativeSelect
            label={t("tokens.days")}
            data={days.map((count) => ({
              value: String(count),
              label: t("tokens.days_count", { count }),
            }))}
            {...form.getInputProps("days")}
          />
          <input type="text" autoComplete="username" hidden readOnly value={me.email} />
          <PasswordInput label={t("profile.password_now")} {...form.getInputProps("password")} />
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={make.isPending}>
            {t("tokens.submit")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function Made({ made, onClose }: { made: MadeToken; onClose: () => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [failed, setFailed] = useState(false);
  return (
    <Dialog
      title={t("tokens.made_title", { name: made.name })}
      onClose={onClose}
      // A click beside it would lose what can be seen only now.
      closeOnClickOutside={false}
    >
      <div className={dialog.content}>
        <p className={dialog.text}>{t("tokens.made_text")}</p>
        <TextInput
          ref={input}
          className={classes.secret}
          label={t("tokens.secret")}
          readOnly
          value={made.secret}
          onFocus={(event) => event.currentTarget.select()}
        />
        {failed && <FormError>{t("copy.failed")}</FormError>}
        <p className={dialog.text}>{t("tokens.made_use")}</p>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("tokens.done")}</Button>
          <CopyButton
            variant="signal"
            text={made.secret}
            onFailed={() => {
              input.current?.select();
              setFailed(true);
            }}
          >
            {t("tokens.copy")}
          </CopyButton>
        </div>
      </div>
    </Dialog>
  );
}
