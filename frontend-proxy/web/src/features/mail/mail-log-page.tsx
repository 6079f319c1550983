import { Button, Select, Title } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { tooManyText } from "@/shared/account/too-many";
import { fullName, streetLine } from "@/shared/address";
import type { MailMessage, MailStatus } from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";
import { mailStatusQuery } from "@/shared/mail/mail-status-query";
import { personQuery } from "@/shared/people/person-query";
import { problemText } from "@/shared/refusals";
import { FormError } from "@/shared/ui/form-error";
import listPage from "@/shared/ui/list-page.module.css";
import openRows from "@/shared/ui/open-rows.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { moveRowFocus } from "@/shared/ui/row-keys";
import { SearchField } from "@/shared/ui/search-field";
import { EmptyState, ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { type MailKind, type MailStatusName, mailKinds, mailStatuses } from "./kinds";
import classes from "./mail-log-page.module.css";
import { MailState } from "./mail-state";
import { MailTabs } from "./mail-tabs";
import { MessagePanel } from "./message-panel";
import { NoMailServer } from "./no-mail-server";
import { type MailFilter, messagesQuery, useSendTest } from "./queries";
import { kindText, momentText } from "./texts";

type MailLogPageProps = {
  filter: MailFilter;
  /** The message whose panel is open. */
  open: number | undefined;
  onFilter: (filter: MailFilter) => void;
  onOpen: (message: number | undefined) => void;
};

/** What was mailed, to whom, and what became of it; for the office. */
export function MailLogPage({ filter, open, onFilter, onOpen }: MailLogPageProps) {
  const { t } = useTranslation();
  const status = useQuery(mailStatusQuery);
  return (
    <div className={classes.layout} data-panel={open !== undefined || undefined}>
      <PageTitle>{t("mail.title")}</PageTitle>
      <div className={listPage.page}>
        <header className={listPage.header}>
          <Title order={1}>{t("mail.title")}</Title>
          {status.data?.configured === true && <SendTest onSent={({ id }) => onOpen(id)} />}
        </header>
        <MailTabs />
        <div className={classes.statusPlace}>
          {status.isPending && <LoadingRows count={1} height={62} />}
          {status.isError && status.data === undefined && (
            <ErrorState error={status.error} onRetry={() => status.refetch()} />
          )}
          {status.data !== undefined && <StatusLine status={status.data} />}
        </div>
        <Filters filter={filter} onFilter={onFilter} />
        <Messages filter={filter} open={open} onFilter={onFilter} />
      </div>
      {open !== undefined && (
        <MessagePanel
          key={open}
          id={open}
          filter={filter}
          onOpen={onOpen}
          onClose={() => onOpen(undefined)}
        />
      )}
    </div>
  );
}

/** Whether mail goes out at all, what waits and what failed. */
function StatusLine({ status }: { status: MailStatus }) {
  const { t } = useTranslation();
  const { waiting, waiting_since: since, failed, last_sent_at: last } = status;
  return (
    <>
      <NoMailServer />
      <dl className={classes.status}>
        {status.configured && (
          <div>
            <dt>{t("mail_log.from")}</dt>
            <dd>{status.from}</dd>
          </div>
        )}
        <div>
          <dt>{t("mail_log.waiting")}</dt>
          <dd>
            {waiting === 0 ? (
              waiting
            ) : (
              <Link to="/manage/mail" search={{ status: "waiting" }}>
                {since === null || !status.configured
                  ? waiting
                  : t("mail_log.waiting_since", {
                      count: waiting,
                      moment: momentText(t, since),
                    })}
              </Link>
            )}
          </dd>
        </div>
        {status.configured && (
          <div>
            <dt>{t("mail_log.last_sent")}</dt>
            <dd>{last === null ? t("mail_log.never") : momentText(t, last)}</dd>
          </div>
        )}
        <div data-bad={failed > 0 || undefined}>
          <dt>{t("mail_log.failed")}</dt>
          <dd>
            {failed === 0 ? (
              failed
            ) : (
              <Link to="/manage/mail" search={{ status: "failed" }}>
                {failed}
              </Link>
            )}
          </dd>
        </div>
      </dl>
    </>
  );
}

function SendTest({ onSent }: { onSent: (message: MailMessage) => void }) {
  const { t } = useTranslation();
  const send = useSendTest();
  const problem = tooManyText(t, send.error) ?? problemText(t, send.error);
  return (
    <>
      <Button
        leftSection={<IconSend size={18} aria-hidden />}
        loading={send.isPending}
        onClick={() => send.mutate(undefined, { onSuccess: onSent })}
      >
        {t("mail_log.test")}
      </Button>
      {problem !== undefined && <FormError>{problem}</FormError>}
    </>
  );
}

type MessagesProps = Pick<MailLogPageProps, "filter" | "open" | "onFilter">;

function Messages({ filter, open, onFilter }: MessagesProps) {
  const { t } = useTranslation();
  const messages = useInfiniteQuery(messagesQuery(filter));
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = <Button onClick={() => onFilter({})}>{t("people.clear")}</Button>;
  return (
    <>
      <Narrowed filter={filter} clear={clear} />
      {messages.isPending && <LoadingRows count={8} height={64} />}
      {messages.isError && messages.data === undefined && (
        <ErrorState error={messages.error} onRetry={() => messages.refetch()} />
      )}
      {messages.data?.length === 0 &&
        (filtered ? (
          <EmptyState
            title={t("mail_log.none_found_title")}
            text={t("mail_log.none_found_text")}
            action={clear}
          />
        ) : (
          <EmptyState title={t("mail_log.empty_title")} text={t("mail_log.empty_text")} />
        ))}
      {messages.data !== undefined && messages.data.length > 0 && (
        <ul className={openRows.rows} aria-label={t("mail.title")} onKeyDown={moveRowFocus}>
          {messages.data.map((message) => (
            <MessageRow
              key={message.id}
              message={message}
              filter={filter}
              open={message.id === open}
            />
          ))}
        </ul>
      )}
      {messages.hasNextPage && (
        <Button
          className={classes.more}
          loading={messages.isFetchingNextPage}
          onClick={() => messages.fetchNextPage()}
        >
          {t("people.more")}
        </Button>
      )}
    </>
  );
}

type NarrowedProps = { filter: MailFilter; clear: ReactNode };

/** What the address of the page narrows the list to, by its name, and the way out. */
function Narrowed({ filter: { user, building, sending }, clear }: NarrowedProps) {
  const { t } = useTranslation();
  const person = useQuery({ ...personQuery(user ?? 0), enabled: user !== undefined });
  const house = useQuery({ ...buildingQuery(building ?? 0), enabled: building !== undefined });
  if (user === undefined && building === undefined && sending === undefined) {
    return null;
  }
  const unnamed = ({ isPending }: { isPending: boolean }, id: number | undefined) =>
    isPending ? "…" : `#${id}`;
  const name = person.data === undefined ? unnamed(person, user) : fullName(person.data);
  const address =
    house.data === undefined ? unnamed(house, building) : streetLine(house.data.address, t);
  const receiver = user !== undefined || building !== undefined;
  return (
    <Notice
      action={
        <span className={classes.narrowed}>
          {receiver && (
            <Button
              renderRoot={(props) => (
                <Link to="/manage/mail/write" search={{ user, building }} {...props} />
              )}
            >
              {t("mail_log.write")}
            </Button>
          )}
          {clear}
        </span>
      }
    >
      {[
        user !== undefined && t("mail_log.only_to", { name }),
        building !== undefined && t("mail_log.only_about", { building: address }),
        sending !== undefined && t("mail_log.only_sending"),
      ]
        .filter((sentence) => sentence !== false)
        .join(" ")}
    </Notice>
  );
}

type MessageRowProps = { message: MailMessage; filter: MailFilter; open: boolean };

function MessageRow({ message, filter, open }: MessageRowProps) {
  const { t } = useTranslation();
  const kind = kindText(t, message.kind);
  const subject = message.subject === "" ? kind : message.subject;
  const receiver = [message.name, message.address].filter((part) => part !== "");
  return (
    <li className={`${openRows.row} ${classes.row}`} data-open={open || undefined}>
      <div className={classes.what}>
        <Link
          to="/manage/mail"
          search={{ ...filter, message: message.id }}
          resetScroll={false}
          className={openRows.link}
          aria-label={t("mail_log.open", {
            subject,
            receiver: receiver[0] ?? t("mail_log.nobody"),
          })}
          aria-expanded={open}
          data-row-link
        >
          {subject}
        </Link>
        {message.subject !== "" && <span className={classes.quiet}>{kind}</span>}
      </div>
      <div className={classes.whom}>
        {receiver.length === 0 ? (
          <span className={classes.quiet}>{t("mail_log.nobody")}</span>
        ) : (
          receiver.map((part, place) => (
            <span key={part} className={place === 0 ? undefined : classes.quiet}>
              {part}
            </span>
          ))
        )}
      </div>
      <div className={classes.state}>
        <MailState status={message.status} />
      </div>
      <time className={classes.when} dateTime={message.created_at}>
        {momentText(t, message.created_at)}
      </time>
    </li>
  );
}

type FiltersProps = Pick<MailLogPageProps, "filter" | "onFilter">;

function Filters({ filter, onFilter }: FiltersProps) {
  const { t } = useTranslation();
  return (
    <search className={classes.filters}>
      <SearchField
        placeholder={t("mail_log.search_placeholder")}
        value={filter.q}
        onSearch={(q) => onFilter({ ...filter, q })}
      />
      <Select
        label={t("mail_log.status")}
        allowDeselect={false}
        data={[
          { value: "", label: t("mail_log.all_statuses") },
          ...mailStatuses.map((status) => ({ value: status, label: t(`mail.status.${status}`) })),
        ]}
        value={filter.status ?? ""}
        onChange={(status) =>
          onFilter({ ...filter, status: status ? (status as MailStatusName) : undefined })
        }
      />
      <Select
        label={t("mail_log.kind")}
        allowDeselect={false}
        data={[
          { value: "", label: t("mail_log.all_kinds") },
          ...mailKinds.map((kind) => ({ value: kind, label: t(`mail.kinds.${kind}`) })),
        ]}
        value={filter.kind ?? ""}
        onChange={(kind) => onFilter({ ...filter, kind: kind ? (kind as MailKind) : undefined })}
      />
    </search>
  );
}
