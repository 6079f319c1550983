import { Button } from "@mantine/core";
import {
  IconCheck,
  IconDeviceDesktop,
  IconDeviceMobile,
  IconDeviceTablet,
  IconTerminal2,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AccountSession } from "@/shared/api/types";
import { clockTime, dayOf, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import classes from "./profile-page.module.css";
import { sessionsQuery, useEndOtherSessions, useEndSession } from "./queries";

/** What signed in, as it calls itself. */
function deviceName(t: TFunction, { browser, system }: AccountSession): string {
  return [browser, system].filter((name) => name !== "").join(", ") || t("sessions.unknown");
}

/** The devices on which one is signed in. */
export function SessionsTab() {
  const { t } = useTranslation();
  const sessions = useQuery(sessionsQuery);
  const [ending, setEnding] = useState<AccountSession | "others">();
  const [told, setTold] = useState<string>();
  const close = () => setEnding(undefined);
  const tell = (text: string) => {
    setTold(text);
    close();
  };
  return (
    <div className={classes.section}>
      <p className={classes.text}>{t("sessions.text")}</p>
      {told !== undefined && <Notice icon={<IconCheck size={20} aria-hidden />}>{told}</Notice>}
      {sessions.isPending && <LoadingRows count={3} height={84} />}
      {sessions.isError && sessions.data === undefined && (
        <ErrorState error={sessions.error} onRetry={() => sessions.refetch()} />
      )}
      {sessions.data !== undefined && (
        <>
          <ul className={classes.list} aria-label={t("sessions.list")}>
            {sessions.data.map((session) => (
              <SessionRow key={session.id} session={session} onEnd={() => setEnding(session)} />
            ))}
          </ul>
          {sessions.data.length > 1 ? (
            <Button onClick={() => setEnding("others")}>{t("sessions.end_others")}</Button>
          ) : (
            <p className={classes.text}>{t("sessions.alone")}</p>
          )}
        </>
      )}
      {ending === "others" && (
        <EndOthers
          onEnded={(count) => tell(t("sessions.others_ended", { count }))}
          onClose={close}
        />
      )}
      {ending !== undefined && ending !== "others" && (
        <EndOne
          session={ending}
          onEnded={() => tell(t("sessions.ended", { device: deviceName(t, ending) }))}
          onClose={close}
        />
      )}
    </div>
  );
}

const icons: Record<string, typeof IconTerminal2> = {
  desktop: IconDeviceDesktop,
  phone: IconDeviceMobile,
  tablet: IconDeviceTablet,
};

function SessionRow({ session, onEnd }: { session: AccountSession; onEnd: () => void }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const Icon = icons[session.kind] ?? IconTerminal2;
  const device = deviceName(t, session);
  const address =
    session.network === "private"
      ? t("sessions.private", { address: session.address })
      : [session.place, session.address].filter((part) => part !== "").join(" · ");
  const facts = [
    t("sessions.last_used", {
      day: nearDayText(dayOf(new Date(session.last_used_at)), t, language),
      time: clockTime(session.last_used_at, language),
    }),
    t("sessions.started", { day: nearDayText(dayOf(new Date(session.started_at)), t, language) }),
  ];
  return (
    <li className={classes.row}>
      <Icon size={24} stroke={1.5} aria-hidden />
      <div className={classes.what}>
        <span className={classes.name}>
          {device}
          {session.current && <span className={classes.mark}>{t("sessions.current")}</span>}
        </span>
        <span className={classes.quiet}>{facts.join(", ")}</span>
        {address !== "" && <span className={classes.quiet}>{address}</span>}
      </div>
      {!session.current && (
        <Button aria-label={t("sessions.end_for", { device })} onClick={onEnd}>
          {t("sessions.end")}
        </Button>
      )}
    </li>
  );
}

type EndOneProps = { session: AccountSession; onEnded: () => void; onClose: () => void };

function EndOne({ session, onEnded, onClose }: EndOneProps) {
  const { t } = useTranslation();
  const end = useEndSession(session.id);
  return (
    <ConfirmDialog
      title={t("sessions.end_title", { device: deviceName(t, session) })}
      text={t("sessions.end_text")}
      confirm={t("sessions.end_confirm")}
      pending={end.isPending}
      problem={problemText(t, end.error)}
      onConfirm={() => end.mutate(undefined, { onSuccess: onEnded })}
      onClose={onClose}
    />
  );
}

type EndOthersProps = { onEnded: (count: number) => void; onClose: () => void };

function EndOthers({ onEnded, onClose }: EndOthersProps) {
  const { t } = useTranslation();
  const end = useEndOtherSessions();
  return (
    <ConfirmDialog
      title={t("sessions.end_others_title")}
      text={t("sessions.end_others_text")}
      confirm={t("sessions.end_others_confirm")}
      pending={end.isPending}
      problem={problemText(t, end.error)}
      onConfirm={() => end.mutate(undefined, { onSuccess: onEnded })}
      onClose={onClose}
    />
  );
}
