import { Radio, Switch } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { MailPreference } from "@/shared/api/types";
import { problemText } from "@/shared/refusals";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { isWorkKind, type WorkKind } from "./kinds";
import classes from "./mail-preferences.module.css";
import { preferencesQuery, useChoose } from "./queries";

type Choice = MailPreference["choice"];

/** Which mail about work one gets, as far as one's role gets any. Each choice counts at once. */
export function MailPreferences() {
  const { t } = useTranslation();
  const preferences = useQuery(preferencesQuery);
  if (preferences.isPending) {
    return <LoadingRows count={3} height={112} />;
  }
  if (preferences.data === undefined) {
    return <ErrorState error={preferences.error} onRetry={() => preferences.refetch()} />;
  }
  return (
    <div className={classes.preferences}>
      <p className={classes.text}>
        {t(preferences.data.length === 0 ? "mail_preferences.none" : "mail_preferences.text")}
      </p>
      {preferences.data.map(
        (preference) =>
          // A newer server may know kinds that this app cannot explain.
          isWorkKind(preference.kind) && (
            <Preference key={preference.kind} kind={preference.kind} preference={preference} />
          ),
      )}
    </div>
  );
}

type PreferenceProps = { kind: WorkKind; preference: MailPreference };

function Preference({ kind, preference }: PreferenceProps) {
  const { t } = useTranslation();
  // What is shown while the server is asked; when it refuses, what counts comes back.
  const [wanted, setWanted] = useState<Choice>();
  const [notify, setNotify] = useState<boolean>();
  const choose = useChoose();
  const problem = problemText(t, choose.error);
  const label = (choice: string) => {
    switch (choice) {
      case "on":
        return preference.choices.includes("digest")
          ? t("mail_preferences.now")
          : t("mail_preferences.on");
      case "digest":
        return t("mail_preferences.digest");
      default:
        return t("mail_preferences.off");
    }
  };
  return (
    <div className={classes.preference}>
      <Radio.Group
        label={t(`mail.kinds.${kind}`)}
        description={t(`mail_preferences.about.${kind}`)}
        value={wanted ?? preference.choice}
        onChange={(value) => {
          const choice = value as Choice;
          setWanted(choice);
          choose.mutate({ kind, choice }, { onSettled: () => setWanted(undefined) });
        }}
      >
        <div className={classes.choices}>
          {preference.choices.map((choice) => (
            <Radio.Card key={choice} value={choice} className={classes.choice}>
              <Radio.Indicator />
              <span>{label(choice)}</span>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      {preference.notify !== null && (
        <Switch
          label={t("mail_preferences.notify")}
          aria-label={`${t("mail_preferences.notify")}: ${t(`mail.kinds.${kind}`)}`}
          checked={notify ?? preference.notify}
          onChange={({ currentTarget }) => {
            const wants = currentTarget.checked;
            setNotify(wants);
            choose.mutate({ kind, notify: wants }, { onSettled: () => setNotify(undefined) });
          }}
        />
      )}
      {problem === undefined ? (
        <p className={classes.saved} role="status">
          {choose.isSuccess && (
            <>
              <IconCheck size={16} aria-hidden />
              {t("mail_preferences.saved")}
            </>
          )}
        </p>
      ) : (
        <FormError>{t("mail_preferences.not_saved", { problem })}</FormError>
      )}
    </div>
  );
}
