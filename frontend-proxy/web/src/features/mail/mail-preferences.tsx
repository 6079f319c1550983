import { Input, Switch, type SwitchProps, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconChevronDown } from "@tabler/icons-react";
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
      {preferences.data.length > 0 && (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t("mail_preferences.kind")}</th>
              <th scope="col" id="preference-mail">
                {t("mail_preferences.mail")}
              </th>
              <th scope="col" id="preference-notify">
                {t("mail_preferences.notify")}
              </th>
            </tr>
          </thead>
          {preferences.data.map(
            (preference) =>
              // A newer server may know kinds that this app cannot explain.
              isWorkKind(preference.kind) && (
                <Preference key={preference.kind} kind={preference.kind} preference={preference} />
              ),
          )}
        </table>
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
  // One each: of two changes of the same mutation only the later one is told how it ended.
  const chooseMail = useChoose();
  const chooseNotify = useChoose();
  const problem = problemText(t, chooseMail.error ?? chooseNotify.error);
  const label = (value: string) => {
    switch (value) {
      case "on":
        return t("mail_preferences.now");
      case "digest":
        return t("mail_preferences.digest");
      default:
        return t("mail_preferences.off");
    }
  };
  const name = `preference-${kind}`;
  const about = `${name}-about`;
  const choice = wanted ?? preference.choice;
  const pick = (picked: Choice) => {
    setWanted(picked);
    chooseMail.mutate({ kind, choice: picked }, { onSettled: () => setWanted(undefined) });
  };
  const mail = { "aria-labelledby": `${name} preference-mail`, "aria-describedby": about };
  return (
    <tbody>
      <tr>
        <th scope="row" id={name}>
          {t(`mail.kinds.${kind}`)}
        </th>
        <td>
          {preference.choices.includes("digest") ? (
            // Mantine's own select would take what describes it away.
            <Input
              component="select"
              withAria={false}
              {...mail}
              pointer
              rightSection={<IconChevronDown size={18} aria-hidden />}
              value={choice}
              onChange={({ currentTarget }) => pick(currentTarget.value as Choice)}
            >
              {preference.choices.map((value) => (
                <option key={value} value={value}>
                  {label(value)}
                </option>
              ))}
            </Input>
          ) : (
            <Touchable
              {...mail}
              checked={choice === "on"}
              onChange={({ currentTarget }) => pick(currentTarget.checked ? "on" : "off")}
            />
          )}
        </td>
        <td>
          {preference.notify === null ? (
            <>
              <span aria-hidden>–</span>
              <VisuallyHidden>{t("mail_preferences.no_notify")}</VisuallyHidden>
            </>
          ) : (
            <Touchable
              aria-labelledby={`${name} preference-notify`}
              aria-describedby={about}
              checked={notify ?? preference.notify}
              onChange={({ currentTarget }) => {
                const wants = currentTarget.checked;
                setNotify(wants);
                chooseNotify.mutate(
                  { kind, notify: wants },
                  { onSettled: () => setNotify(undefined) },
                );
              }}
            />
          )}
        </td>
      </tr>
      <tr className={classes.below}>
        <td colSpan={3}>
          <span id={about}>{t(`mail_preferences.about.${kind}`)}</span>
          {problem === undefined ? (
            <p className={classes.saved} role="status">
              {(chooseMail.isSuccess || chooseNotify.isSuccess) && (
                <>
                  <IconCheck size={16} aria-hidden />
                  {t("mail_preferences.saved")}
                </>
              )}
            </p>
          ) : (
            <FormError>{t("mail_preferences.not_saved", { problem })}</FormError>
          )}
        </td>
      </tr>
    </tbody>
  );
}

/** A switch whose touch area is as large as a thumb. */
function Touchable(props: SwitchProps) {
  return <Switch {...props} classNames={{ track: classes.track ?? "" }} />;
}
