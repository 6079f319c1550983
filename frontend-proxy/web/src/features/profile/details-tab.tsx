import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck, IconMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/shared/account/me-query";
import { workers } from "@/shared/account/roles";
import type { Account } from "@/shared/api/types";
import { chooseLanguage, languages } from "@/shared/i18n/i18n";
import { phoneNumber, phoneText } from "@/shared/phone";
import { useRefusals } from "@/shared/refusals";
import { useRegionNames } from "@/shared/regions/use-region-names";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { Notice } from "@/shared/ui/view-states";
import { EmailDialog } from "./email-dialog";
import classes from "./profile-page.module.css";
import { useSaveDetails } from "./queries";

const fields = {
  first_name: "firstName",
  last_name: "lastName",
  phone: "phone",
  language: "language",
} as const;

function valuesOf(me: Account) {
  return {
    firstName: me.first_name,
    lastName: me.last_name,
    phone: phoneText(me.phone),
    language: me.language,
  };
}

/** Who one is. */
export function DetailsTab({ me }: { me: Account }) {
  // What the device kept may be older than a confirmation in the new mailbox.
  useQuery({ ...meQuery, refetchOnMount: "always" });
  return (
    <div className={classes.panel}>
      <Details me={me} />
      <Email me={me} />
      <Facts me={me} />
    </div>
  );
}

function Details({ me }: { me: Account }) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: valuesOf(me),
    validate: {
      firstName: (value) => (value.trim() === "" ? t("register.first_name_needed") : null),
      lastName: (value) => (value.trim() === "" ? t("register.last_name_needed") : null),
      phone: (value) =>
        value.trim() === "" || /^\+[1-9]\d{6,14}$/.test(phoneNumber(value))
          ? null
          : t("register.phone_wrong"),
    },
  });
  const dirty = form.isDirty();
  const { guard } = useUnsavedGuard(dirty);
  const refusals = useRefusals(form, fields);
  const save = useSaveDetails();
  const problem = refusals.problem(save.error);
  const take = (account: Account) => {
    form.setInitialValues(valuesOf(account));
    form.reset();
  };
  // What another window has saved, unless somebody is changing it here.
  const takeUnlessDirty = useEffectEvent((account: Account) => {
    if (!dirty) {
      take(account);
    }
  });
  useEffect(() => takeUnlessDirty(me), [me]);
  return (
    <Form
      className={classes.form}
      busy={save.isPending}
      onSubmit={form.onSubmit((values) =>
        save.mutate(
          {
            first_name: values.firstName.trim(),
            last_name: values.lastName.trim(),
            phone: phoneNumber(values.phone),
            language: values.language,
          },
          {
            onSuccess: (account) => {
              take(account);
              if (account.language !== me.language) {
                chooseLanguage(account.language);
              }
            },
            onError: refusals.show,
          },
        ),
      )}
    >
      {guard}
      {problem !== undefined && <FormError>{problem}</FormError>}
      <fieldset disabled={save.isPending}>
        <div className={classes.names}>
          <TextInput
            label={t("register.first_name")}
            autoComplete="given-name"
            maxLength={100}
            {...form.getInputProps("firstName")}
          />
          <TextInput
            label={t("register.last_name")}
            autoComplete="family-name"
            maxLength={100}
            {...form.getInputProps("lastName")}
          />
        </div>
        <TextInput
          label={t("register.phone")}
          description={t("register.phone_hint")}
          type="tel"
          autoComplete="tel"
          maxLength={40}
          {...form.getInputProps("phone")}
        />
        <NativeSelect
          label={t("profile.language")}
          description={t("profile.language_hint")}
          data={languages.map((language) => ({
            value: language,
            label: t(`app.languages.${language}`),
          }))}
          {...form.getInputProps("language")}
        />
      </fieldset>
      <Button type="submit" variant="signal" loading={save.isPending}>
        {t("app.save")}
      </Button>
      {save.isSuccess && !dirty && (
        <Notice icon={<IconCheck size={20} aria-hidden />}>{t("profile.saved")}</Notice>
      )}
    </Form>
  );
}

function Email({ me }: { me: Account }) {
  const { t } = useTranslation();
  const [changing, setChanging] = useState(false);
  const [same, setSame] = useState(false);
  return (
    <section className={classes.section} aria-labelledby="email">
      <h2 id="email">{t("profile.email")}</h2>
      <p className={classes.email}>{me.email}</p>
      {me.new_email !== "" && (
        <Notice icon={<IconMail size={20} aria-hidden />}>
          {t("profile.email_waits", { email: me.new_email, old: me.email })}
        </Notice>
      )}
      {same && me.new_email === "" && <Notice>{t("profile.email_same")}</Notice>}
      <Button
        onClick={() => {
          setSame(false);
          setChanging(true);
        }}
      >
        {t("profile.email_change")}
      </Button>
      {changing && (
        <EmailDialog
          me={me}
          onChanged={(waiting) => {
            setSame(waiting === "");
            setChanging(false);
          }}
          onClose={() => setChanging(false)}
        />
      )}
    </section>
  );
}

function Facts({ me }: { me: Account }) {
  const { t } = useTranslation();
  const regionNames = useRegionNames();
  return (
    <section className={classes.section} aria-labelledby="facts">
      <h2 id="facts">{t("profile.facts")}</h2>
      <dl className={classes.facts}>
        <dt>{t("profile.role")}</dt>
        <dd>{t(`role.${me.role}`)}</dd>
        {workers.includes(me.role) && (
          <>
            <dt>{t("profile.regions")}</dt>
            <dd>
              {me.region_ids.length === 0 ? t("profile.no_regions") : regionNames(me.region_ids)}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
