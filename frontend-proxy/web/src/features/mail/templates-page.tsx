import { Button, Title } from "@mantine/core";
import { IconCheck, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { Account } from "@/shared/api/types";
import { BackLink } from "@/shared/ui/back-link";
import listPage from "@/shared/ui/list-page.module.css";
import openRows from "@/shared/ui/open-rows.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { moveRowFocus } from "@/shared/ui/row-keys";
import { EmptyState, ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { MailTabs } from "./mail-tabs";
import { NoMailServer } from "./no-mail-server";
import { templateQuery, templatesQuery } from "./queries";
import { TemplateForm } from "./template-form";
import classes from "./templates-page.module.css";
import { momentText } from "./texts";

export type OpenTemplate = number | "new" | undefined;

type TemplatesPageProps = {
  me: Account;
  /** The template whose form is shown instead of the list. */
  open: OpenTemplate;
  onOpen: (template: OpenTemplate) => void;
};

/** The texts that the office keeps, for the office. */
export function TemplatesPage({ me, open, onOpen }: TemplatesPageProps) {
  const { t } = useTranslation();
  const [said, setSaid] = useState<string>();
  const done = (sentence: string) => {
    setSaid(sentence);
    onOpen(undefined);
  };
  const form = {
    me,
    onDone: done,
    onClose: () => {
      setSaid(undefined);
      onOpen(undefined);
    },
  };
  return (
    <div className={listPage.page}>
      <PageTitle>{`${t("templates.title")} · ${t("mail.title")}`}</PageTitle>
      {open === undefined ? (
        <>
          <header className={listPage.header}>
            <Title order={1}>{t("templates.title")}</Title>
            <Button
              variant="signal"
              leftSection={<IconPlus size={20} aria-hidden />}
              onClick={() => {
                setSaid(undefined);
                onOpen("new");
              }}
            >
              {t("templates.add")}
            </Button>
          </header>
          <MailTabs />
          <NoMailServer />
          {said !== undefined && <Notice icon={<IconCheck size={20} aria-hidden />}>{said}</Notice>}
          <Templates />
        </>
      ) : open === "new" ? (
        <NewTemplate {...form} />
      ) : (
        <ExistingTemplate key={open} id={open} {...form} />
      )}
    </div>
  );
}

function Templates() {
  const { t } = useTranslation();
  const templates = useQuery(templatesQuery);
  if (templates.isPending) {
    return <LoadingRows count={5} height={72} />;
  }
  if (templates.data === undefined) {
    return <ErrorState error={templates.error} onRetry={() => templates.refetch()} />;
  }
  if (templates.data.length === 0) {
    return <EmptyState title={t("templates.empty_title")} text={t("templates.empty_text")} />;
  }
  return (
    <ul className={openRows.rows} aria-label={t("templates.title")} onKeyDown={moveRowFocus}>
      {templates.data.map(({ id, name, subject, changed_at: changed }) => (
        <li key={id} className={`${openRows.row} ${classes.row}`}>
          <div className={classes.what}>
            <Link
              to="/manage/mail/templates"
              search={{ template: id }}
              className={openRows.link}
              data-row-link
            >
              {name}
            </Link>
            <span className={classes.quiet}>{subject}</span>
          </div>
          <span className={classes.quiet}>
            {t("templates.changed", { moment: momentText(t, changed) })}
          </span>
          <Button
            className={classes.use ?? ""}
            aria-label={t("templates.use_of", { name })}
            renderRoot={(props) => (
              <Link to="/manage/mail/write" search={{ template: id }} {...props} />
            )}
          >
            {t("templates.use")}
          </Button>
        </li>
      ))}
    </ul>
  );
}

type OneProps = { me: Account; onDone: (sentence: string) => void; onClose: () => void };

function Back() {
  const { t } = useTranslation();
  return <BackLink to="/manage/mail/templates">{t("templates.title")}</BackLink>;
}

function readerOf(me: Account) {
  return { id: me.id, label: fullName(me), detail: me.email };
}

function NewTemplate({ me, onDone, onClose }: OneProps) {
  const { t } = useTranslation();
  return (
    <>
      <Back />
      <Title order={1}>{t("templates.add")}</Title>
      <TemplateForm
        template={undefined}
        reader={readerOf(me)}
        onSaved={({ name }) => onDone(t("templates.added", { name }))}
        onClose={onClose}
      />
    </>
  );
}

function ExistingTemplate({ id, me, onDone, onClose }: OneProps & { id: number }) {
  const { t } = useTranslation();
  // What is shown is what is changed: never start from an old copy.
  const template = useQuery({ ...templateQuery(id), staleTime: 0, gcTime: 0 });
  return (
    <>
      <Back />
      {template.isPending && <LoadingRows count={5} height={72} />}
      {template.isError && template.data === undefined && (
        <ErrorState error={template.error} onRetry={() => template.refetch()} />
      )}
      {template.data !== undefined && (
        <>
          <Title order={1}>{template.data.name}</Title>
          <TemplateForm
            template={template.data}
            reader={readerOf(me)}
            onRefresh={() => void template.refetch()}
            onSaved={({ name }) => onDone(t("templates.saved", { name }))}
            onDeleted={({ name }) => onDone(t("templates.deleted", { name }))}
            onClose={onClose}
          />
        </>
      )}
    </>
  );
}
