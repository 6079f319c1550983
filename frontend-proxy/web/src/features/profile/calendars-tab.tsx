import { Button } from "@mantine/core";
import { IconCalendar, IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Account, CalendarLink } from "@/shared/api/types";
import { CalendarButton } from "@/shared/calendars/calendar-button";
import { calendarsQuery, useWithdrawCalendar } from "@/shared/calendars/queries";
import { clockTime, dayOf, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import classes from "./profile-page.module.css";

/** The links with which calendars elsewhere follow one's work. */
export function CalendarsTab({ me }: { me: Account }) {
  const { t } = useTranslation();
  const calendars = useQuery(calendarsQuery);
  const [withdrawing, setWithdrawing] = useState<CalendarLink>();
  const [told, setTold] = useState<string>();
  const works = me.role !== "syndic" && me.role !== "none";
  return (
    <div className={classes.section}>
      <p className={classes.text}>{t("calendars.text")}</p>
      {told !== undefined && <Notice icon={<IconCheck size={20} aria-hidden />}>{told}</Notice>}
      {calendars.isPending && <LoadingRows count={2} height={84} />}
      {calendars.isError && calendars.data === undefined && (
        <ErrorState error={calendars.error} onRetry={() => calendars.refetch()} />
      )}
      {calendars.data?.length === 0 && <p className={classes.text}>{t("calendars.empty")}</p>}
      {calendars.data !== undefined && calendars.data.length > 0 && (
        <ul className={classes.list} aria-label={t("calendars.list")}>
          {calendars.data.map((link) => (
            <CalendarRow key={link.id} link={link} onWithdraw={() => setWithdrawing(link)} />
          ))}
        </ul>
      )}
      {works && <CalendarButton feed={{ feed: "runs" }} about={t("calendars.my_runs")} primary />}
      {!works && me.role === "syndic" && (
        <p className={classes.text}>{t("calendars.on_building")}</p>
      )}
      {withdrawing !== undefined && (
        <Withdraw
          link={withdrawing}
          onWithdrawn={() => {
            setTold(t("calendars.withdrawn"));
            setWithdrawing(undefined);
          }}
          onClose={() => setWithdrawing(undefined)}
        />
      )}
    </div>
  );
}

function useAbout(link: CalendarLink): string {
  const { t } = useTranslation();
  switch (link.feed) {
    case "building":
      return t("calendars.about_building", { name: link.name });
    case "tour":
      return t("calendars.about_tour", { name: link.name });
    default:
      return t("calendars.my_runs");
  }
}

function CalendarRow({ link, onWithdraw }: { link: CalendarLink; onWithdraw: () => void }) {
  const { t } = useTranslation();
  const about = useAbout(link);
  const language = currentLanguage();
  const day = (moment: string) => nearDayText(dayOf(new Date(moment)), t, language);
  return (
    <li className={classes.row}>
      <IconCalendar size={24} stroke={1.5} aria-hidden />
      <div className={classes.what}>
        <span className={classes.name}>{about}</span>
        <span className={classes.quiet}>
          {t("calendars.made_on", { date: day(link.created_at) })}
        </span>
        <span className={classes.quiet}>
          {link.used_at === null
            ? t("calendars.never_used")
            : t("calendars.last_used", {
                day: day(link.used_at),
                time: clockTime(link.used_at, language),
              })}
        </span>
      </div>
      <Button aria-label={t("calendars.withdraw_for", { about })} onClick={onWithdraw}>
        {t("calendars.withdraw")}
      </Button>
    </li>
  );
}

type WithdrawProps = { link: CalendarLink; onWithdrawn: () => void; onClose: () => void };

function Withdraw({ link, onWithdrawn, onClose }: WithdrawProps) {
  const { t } = useTranslation();
  const withdraw = useWithdrawCalendar(link.id);
  const about = useAbout(link);
  return (
    <ConfirmDialog
      title={t("calendars.withdraw_title", { about })}
      text={t("calendars.withdraw_text")}
      confirm={t("calendars.withdraw_confirm")}
      pending={withdraw.isPending}
      problem={problemText(t, withdraw.error)}
      onConfirm={() => withdraw.mutate(undefined, { onSuccess: onWithdrawn })}
      onClose={onClose}
    />
  );
}
