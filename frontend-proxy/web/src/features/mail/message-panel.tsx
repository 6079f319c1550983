import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { MailMessage, MailMessageDetail, MailTry } from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { FormError } from "@/shared/ui/form-error";
import { SidePanel } from "@/shared/ui/side-panel";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { MailState } from "./mail-state";
import classes from "./message-panel.module.css";
import { type MailFilter, messageQuery, underWay, useResend } from "./queries";
import { kindText, momentText, sizeText } from "./texts";

// What stands in the place of a link that lets somebody in.
const blackedOut = "█";

type MessagePanelProps = {
  id: number;
  /** What the list beside it shows. */
  filter: MailFilter;
  onOpen: (id: number) => void;
  onClose: () => void;
};

/** A message with what it says, how it was sent, and a way to send it again. */
export function MessagePanel({ id, filter, onOpen, onClose }: MessagePanelProps) {
  const { t } = useTranslation();
  const detail = useQuery(messageQuery(id));
  const message = detail.data?.message ?? undefined;
  const title =
    message === undefined
      ? t("app.loading")
      : message.subject === ""
        ? kindText(t, message.kind)
        : message.subject;
  return (
    <SidePanel
      title={detail.isError && message === undefined ? t("mail.title") : title}
      onClose={onClose}
    >
      {detail.isPending && <LoadingRows count={5} height={48} />}
      {detail.isError && message === undefined && (
        <ErrorState error={detail.error} onRetry={() => detail.refetch()} />
      )}
      {detail.data !== undefined && message !== undefined && (
        <div className={classes.panel}>
          <Facts detail={detail.data} message={message} filter={filter} />
          {!underWay(message) && <Resend message={message} onSent={({ id }) => onOpen(id)} />}
          <Said detail={detail.data} />
          <Tries tries={detail.data.log} message={message} />
        </div>
      )}
    </SidePanel>
  );
}

type FactsProps = { detail: MailMessageDetail; message: MailMessage; filter: MailFilter };

function Facts({ detail, message, filter }: FactsProps) {
  const { t } = useTranslation();
  const { name, address, resent_from: original, building_id: building, user_id: user } = message;
  const { copies, attachments, message_id: messageID } = detail;
  const about = useQuery({ ...buildingQuery(building ?? 0), enabled: building !== null });
  return (
    <section className={classes.section} aria-label={t("mail_log.facts")}>
      <MailState status={message.status} />
      <dl className={classes.facts}>
        <dt>{t("mail_log.to")}</dt>
        <dd data-exact>
          {name === "" && address === "" ? t("mail_log.nobody") : name}
          {address !== "" && <div>{address}</div>}
        </dd>
        {copies.length > 0 && (
          <>
            <dt>{t("mail_log.copies")}</dt>
            <dd data-exact>
              {copies.map((copy) => (
                <div key={copy.address}>
                  {copy.name === "" ? copy.address : `${copy.name} (${copy.address})`}
                </div>
              ))}
            </dd>
          </>
        )}
        {about.data !== undefined && (
          <>
            <dt>{t("mail_log.about")}</dt>
            <dd>
              <Link to="/manage/mail" search={{ building: about.data.id }}>
                {streetLine(about.data.address, t)}
              </Link>
            </dd>
          </>
        )}
        {attachments.length > 0 && (
          <>
            <dt>{t("mail_log.attachments")}</dt>
            <dd data-exact>
              {attachments.map((file) => (
                <div key={file.name}>
                  {file.name} ({sizeText(file.bytes, currentLanguage())})
                </div>
              ))}
            </dd>
          </>
        )}
        <dt>{t("mail_log.kind")}</dt>
        <dd>{kindText(t, message.kind)}</dd>
        <dt>{t("mail_log.asked")}</dt>
        <dd>
          {momentText(t, message.created_at)}
          {message.sent_by !== 0 && ` · ${t("mail_log.by_office")}`}
        </dd>
        {message.ended_at !== null && (
          <>
            <dt>{t("mail_log.ended")}</dt>
            <dd>{momentText(t, message.ended_at)}</dd>
          </>
        )}
        {message.next_try_at !== null && message.tries > 0 && (
          <>
            <dt>{t("mail_log.next_try")}</dt>
            <dd>{momentText(t, message.next_try_at)}</dd>
          </>
        )}
        <dt>Message-ID</dt>
        <dd data-exact>{messageID}</dd>
      </dl>
      {original !== null && (
        <Link
          to="/manage/mail"
          search={{ ...filter, message: original }}
          resetScroll={false}
          className={classes.link}
        >
          {t("mail_log.original")}
        </Link>
      )}
      {message.sending_id !== 0 && (
        <Link
          to="/manage/mail"
          search={{ sending: message.sending_id }}
          resetScroll={false}
          className={classes.link}
        >
          {t("mail_log.of_sending")}
        </Link>
      )}
      {user !== 0 && (
        <Link
          to="/manage/mail/write"
          search={{ user, building: building ?? undefined }}
          className={classes.link}
        >
          {t("mail_log.write_again")}
        </Link>
      )}
    </section>
  );
}

type ResendProps = { message: MailMessage; onSent: (again: MailMessage) => void };

function Resend({ message, onSent }: ResendProps) {
  const { t } = useTranslation();
  const resend = useResend(message.id);
  const { error } = resend;
  const problem =
    error instanceof ApiError && error.reason === "missing"
      ? t("mail_log.receiver_gone")
      : problemText(t, error, t("mail_log.still_waits"));
  return (
    <div className={classes.section}>
      <p className={classes.quiet}>{t(`mail_log.what_now.${endOf(message)}`)}</p>
      {problem !== undefined && <FormError>{problem}</FormError>}
      <Button
        loading={resend.isPending}
        onClick={() => resend.mutate(undefined, { onSuccess: onSent })}
      >
        {t("mail_log.resend")}
      </Button>
    </div>
  );
}

function endOf({ status }: MailMessage): "sent" | "failed" | "withdrawn" {
  return status === "failed" || status === "withdrawn" ? status : "sent";
}

function Said({ detail }: { detail: MailMessageDetail }) {
  const { t } = useTranslation();
  return (
    <section className={classes.section}>
      <h3>{t("mail_log.said")}</h3>
      {detail.text === "" ? (
        <p className={classes.quiet}>{t("mail_log.not_written")}</p>
      ) : (
        <div className={classes.text}>{detail.text}</div>
      )}
      {detail.text.includes(blackedOut) && (
        <p className={classes.quiet}>{t("mail_log.blacked_out")}</p>
      )}
    </section>
  );
}

function Tries({ tries, message }: { tries: readonly MailTry[]; message: MailMessage }) {
  const { t } = useTranslation();
  return (
    <section className={classes.section}>
      <h3>{t("mail_log.tries")}</h3>
      {tries.length === 0 ? (
        <p className={classes.quiet}>
          {t(underWay(message) ? "mail_log.no_tries_yet" : "mail_log.no_tries")}
        </p>
      ) : (
        <ol className={classes.tries} aria-label={t("mail_log.tries")}>
          {tries.map((one) => (
            <li key={one.started_at} className={classes.try}>
              <span className={classes.tryHead}>
                <time dateTime={one.started_at}>{momentText(t, one.started_at)}</time>
                <span>{t(`mail_log.outcome.${one.outcome ?? "running"}`)}</span>
              </span>
              {one.answer !== "" && <span className={classes.answer}>{one.answer}</span>}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
