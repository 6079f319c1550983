import { Button, Select, Textarea, Title } from "@mantine/core";
import { IconCheck, IconEye, IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { tooManyText } from "@/shared/account/too-many";
import { ApiError } from "@/shared/api/client";
import type { Account, MailReceivers, MailSent, MailTemplate } from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";
import { mailStatusQuery } from "@/shared/mail/mail-status-query";
import { personQuery } from "@/shared/people/person-query";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { Notice } from "@/shared/ui/view-states";
import { type Draft, isEmpty, sendingOf, useDraft } from "./draft";
import { LetterFields, letterProblem } from "./letter-fields";
import { MailTabs } from "./mail-tabs";
import { NoMailServer } from "./no-mail-server";
import { PhotoField } from "./photo-field";
import { type Sending, templateQuery, templatesQuery, useReceivers, useSend } from "./queries";
import {
  BuildingField,
  buildingChoice,
  PeopleField,
  personChoice,
  SyndicsField,
} from "./receiver-fields";
import { ReviewDialog } from "./review-dialog";
import { Sent } from "./sent";
import { uses } from "./variables";
import classes from "./write-page.module.css";

/** What a link to the page adds to the mail: receivers, and a text. */
export type WriteWith = {
  user?: number | undefined;
  building?: number | undefined;
  template?: number | undefined;
};

type WritePageProps = {
  me: Account;
  added: WriteWith;
  /** What the link adds is in the mail. */
  onAdded: () => void;
};

type Reviewed = { sending: Sending; receivers: MailReceivers };

/** Writes a mail to people, syndics and addresses, for the office. */
export function WritePage({ me, added, onAdded }: WritePageProps) {
  const { t } = useTranslation();
  const { draft, begun, kept, change, clear } = useDraft(me.id);
  const status = useQuery(mailStatusQuery);
  const { guard } = useUnsavedGuard(!kept && !isEmpty(draft));
  const [reviewed, setReviewed] = useState<Reviewed>();
  const [sent, setSent] = useState<{ answer: MailSent; draft: Draft }>();
  const receivers = useReceivers();
  const send = useSend();
  const test = useSend();
  const templates = useQuery(templatesQuery);
  const [offered, setOffered] = useState<MailTemplate>();
  const sending = sendingOf(draft);
  // What is wrong is told until something is changed.
  const [refused, setRefused] = useState<{ error: unknown; sending: Sending }>();
  const edit = (changes: Partial<Draft>) => {
    setRefused(undefined);
    change(changes);
  };
  const take = ({ subject, body }: MailTemplate) => edit({ subject, body });
  // A text of one's own is not replaced unasked.
  const offer = (template: MailTemplate) => {
    const { subject, body } = draft;
    const own =
      subject + body !== "" &&
      ![template, ...(templates.data ?? [])].some(
        (known) => known.subject === subject && known.body === body,
      );
    if (own) {
      setOffered(template);
    } else {
      take(template);
    }
  };
  const addProblem = useAdded(added, ({ receivers, template }) => {
    edit(receivers(draft));
    if (template !== undefined) {
      offer(template);
    }
    onAdded();
  });
  const refuse = (error: unknown) => {
    setReviewed(undefined);
    setRefused({ error, sending });
  };
  const problem = refused === undefined ? undefined : problemOf(t, refused.error, refused.sending);
  const at = (field: ProblemField) => (problem?.field === field ? problem.text : undefined);
  const off = status.data?.configured === false;
  const busy = receivers.isPending || send.isPending;
  const review = () => {
    setSent(undefined);
    setRefused(undefined);
    const missing = missingIn(t, sending);
    if (missing !== undefined) {
      setRefused({ error: missing, sending });
      return;
    }
    receivers.mutate(sending, {
      onSuccess: (found) => setReviewed({ sending, receivers: found }),
      onError: refuse,
    });
  };
  return (
    <div className={listPage.page}>
      <PageTitle>{`${t("mail_write.title")} · ${t("mail.title")}`}</PageTitle>
      <header className={listPage.header}>
        <Title order={1}>{t("mail_write.title")}</Title>
        {!isEmpty(draft) && (
          <StartAnew
            onStart={() => {
              setRefused(undefined);
              clear();
            }}
          />
        )}
      </header>
      <MailTabs />
      <NoMailServer />
      {guard}
      {sent !== undefined && <Sent key={sent.answer.id} answer={sent.answer} draft={sent.draft} />}
      {begun && !isEmpty(draft) && <Notice>{t("mail_write.begun")}</Notice>}
      {!kept && <Notice>{t("mail_write.not_kept")}</Notice>}
      {addProblem !== undefined && <FormError>{addProblem}</FormError>}
      <Form className={classes.form} busy={busy} onSubmit={review}>
        {problem !== undefined && problem.field === "form" && <FormError>{problem.text}</FormError>}
        <fieldset disabled={busy} className={classes.fields}>
          <section className={classes.group} aria-label={t("mail_write.receivers")}>
            <PeopleField
              label={t("mail_write.people")}
              placeholder={t("mail_write.people_placeholder")}
              chosen={draft.people}
              onChange={(people) => edit({ people })}
              error={at("people")}
            />
            <SyndicsField
              label={t("mail_write.syndics")}
              description={t("mail_write.syndics_hint")}
              placeholder={t("mail_write.building_placeholder")}
              chosen={draft.buildings}
              onChange={(buildings) => edit({ buildings })}
              error={at("buildings")}
            />
            <Textarea
              label={t("mail_write.addresses")}
              description={t("mail_write.addresses_hint")}
              autosize
              minRows={1}
              maxRows={8}
              spellCheck={false}
              autoCapitalize="none"
              value={draft.addresses}
              onChange={(event) => edit({ addresses: event.currentTarget.value })}
              error={at("addresses")}
            />
            <Textarea
              label={t("mail_write.cc")}
              description={t("mail_write.cc_hint")}
              autosize
              minRows={1}
              maxRows={4}
              spellCheck={false}
              autoCapitalize="none"
              value={draft.cc}
              onChange={(event) => edit({ cc: event.currentTarget.value })}
              error={at("cc")}
            />
            <BuildingField
              label={t("mail_write.about")}
              description={t("mail_write.about_hint")}
              placeholder={t("mail_write.building_placeholder")}
              clearable
              chosen={draft.about}
              onChange={(about) => edit({ about })}
              error={at("about")}
            />
          </section>
          <section className={classes.group} aria-label={t("mail_write.text")}>
            {templates.data !== undefined && templates.data.length > 0 && (
              <Select
                label={t("mail_write.template")}
                placeholder={t("mail_write.template_placeholder")}
                data={templates.data.map(({ id, name }) => ({ value: String(id), label: name }))}
                value={null}
                onChange={(value) => {
                  const template = templates.data.find(({ id }) => String(id) === value);
                  if (template !== undefined) {
                    offer(template);
                  }
                }}
              />
            )}
            <LetterFields
              letter={draft}
              onChange={edit}
              errors={{ subject: at("subject"), body: at("body") }}
            />
            <PhotoField
              photos={draft.photos}
              building={draft.about ?? draft.buildings[0]}
              onChange={(photos) => edit({ photos })}
              error={at("photos")}
            />
          </section>
        </fieldset>
        <div className={classes.actions}>
          <Button
            type="submit"
            variant="signal"
            leftSection={<IconEye size={20} aria-hidden />}
            loading={receivers.isPending}
          >
            {t("mail_write.review")}
          </Button>
          {!off && (
            <Button
              leftSection={<IconSend size={18} aria-hidden />}
              loading={test.isPending}
              disabled={busy}
              onClick={() => {
                setRefused(undefined);
                test.mutate(testOf(sending, me), { onError: refuse });
              }}
            >
              {t("mail_write.test")}
            </Button>
          )}
        </div>
        {test.data !== undefined && !test.isPending && (
          <Notice
            icon={<IconCheck size={20} aria-hidden />}
            action={
              <Link
                to="/manage/mail"
                search={{ message: test.data.items[0]?.id }}
                className={classes.link ?? ""}
              >
                {t("mail_write.test_log")}
              </Link>
            }
          >
            {t("mail_write.test_sent", { address: me.email })}
          </Notice>
        )}
      </Form>
      {reviewed !== undefined && (
        <ReviewDialog
          {...reviewed}
          buildings={draft.buildings}
          photos={draft.photos}
          off={off}
          pending={send.isPending}
          problem={sendProblem(t, send.error)}
          onSendAsNew={
            sentBefore(send.error)
              ? () => {
                  send.reset();
                  change({ key: crypto.randomUUID() });
                }
              : undefined
          }
          onSend={() => {
            if (!send.isPending) {
              send.mutate(
                { key: draft.key, ...reviewed.sending },
                {
                  onSuccess: (answer) => {
                    setSent({ answer, draft });
                    setReviewed(undefined);
                    clear();
                  },
                  onError: (error) => {
                    if (problemOf(t, error, reviewed.sending).field !== "form") {
                      refuse(error);
                    }
                  },
                },
              );
            }
          }}
          onClose={() => {
            // Its answer is waited for.
            if (!send.isPending) {
              setReviewed(undefined);
              send.reset();
            }
          }}
        />
      )}
      {offered !== undefined && (
        <ConfirmDialog
          title={t("mail_write.replace_title", { name: offered.name })}
          text={t("mail_write.replace_text")}
          confirm={t("mail_write.replace_confirm")}
          onConfirm={() => {
            take(offered);
            setOffered(undefined);
          }}
          onClose={() => setOffered(undefined)}
        />
      )}
    </div>
  );
}

function StartAnew({ onStart }: { onStart: () => void }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button onClick={() => setAsking(true)}>{t("mail_write.anew")}</Button>
      {asking && (
        <ConfirmDialog
          title={t("mail_write.anew_title")}
          text={t("mail_write.anew_text")}
          confirm={t("mail_write.anew_confirm")}
          onConfirm={() => {
            onStart();
            setAsking(false);
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

type Added = {
  /** The draft with those whom the link names. */
  receivers: (draft: Draft) => Partial<Draft>;
  template: MailTemplate | undefined;
};

/** Reads what a link adds and hands it on once; returns what is wrong with it. */
function useAdded(added: WriteWith, onRead: (added: Added) => void): string | undefined {
  const { t } = useTranslation();
  const person = useQuery({
    ...personQuery(added.user ?? 0),
    enabled: added.user !== undefined,
  });
  const building = useQuery({
    ...buildingQuery(added.building ?? 0),
    enabled: added.building !== undefined,
  });
  const template = useQuery({
    ...templateQuery(added.template ?? 0),
    enabled: added.template !== undefined,
  });
  const asked = [
    [added.user, person],
    [added.building, building],
    [added.template, template],
  ] as const;
  const wanted = asked.filter(([id]) => id !== undefined);
  const ready = wanted.length > 0 && wanted.every(([, { data }]) => data !== undefined);
  const read = useEffectEvent(() => {
    onRead({
      receivers: ({ people, buildings }) => {
        const changes: Partial<Draft> = {};
        const somebody = added.user === undefined ? undefined : person.data;
        const house = added.building === undefined ? undefined : building.data;
        if (somebody !== undefined && !people.some(({ id }) => id === somebody.id)) {
          changes.people = [...people, personChoice(somebody)];
        }
        if (house !== undefined && (somebody !== undefined || house.syndics.length === 0)) {
          changes.about = buildingChoice(house, t);
        } else if (house !== undefined && !buildings.some(({ id }) => id === house.id)) {
          changes.buildings = [...buildings, buildingChoice(house, t)];
        }
        return changes;
      },
      template: added.template === undefined ? undefined : template.data,
    });
  });
  useEffect(() => {
    if (ready) {
      read();
    }
  }, [ready]);
  const failed = wanted.find(([, { isError }]) => isError);
  return failed === undefined ? undefined : problemText(t, failed[1].error);
}

/** The mail as a test to the one who writes it: to nobody else, about one of the buildings when it names one. */
function testOf(sending: Sending, me: Account): Sending {
  const [building = 0] = sending.building_ids;
  return {
    ...sending,
    user_ids: [me.id],
    building_ids: [],
    addresses: [],
    cc: [],
    about_building_id: uses("building", sending.subject, sending.body)
      ? sending.about_building_id || building
      : 0,
  };
}

type ProblemField =
  | "people"
  | "buildings"
  | "addresses"
  | "cc"
  | "about"
  | "subject"
  | "body"
  | "photos"
  | "form";

const fields: Record<string, ProblemField> = {
  user_ids: "people",
  building_ids: "buildings",
  addresses: "addresses",
  cc: "cc",
  about_building_id: "about",
  subject: "subject",
  body: "body",
  picture_ids: "photos",
};

class Missing extends Error {
  constructor(
    readonly field: ProblemField,
    text: string,
  ) {
    super(text);
  }
}

function missingIn(t: TFunction, sending: Sending): Missing | undefined {
  const { user_ids: people, building_ids: buildings, addresses, subject, body } = sending;
  if (people.length + buildings.length + addresses.length === 0) {
    return new Missing("people", t("mail_write.nobody"));
  }
  if (subject.trim() === "") {
    return new Missing("subject", t("errors.reason.required"));
  }
  return body.trim() === "" ? new Missing("body", t("errors.reason.required")) : undefined;
}

/** What is wrong with a mail, and at which field it is told. */
function problemOf(
  t: TFunction,
  error: unknown,
  sending: Sending,
): { field: ProblemField; text: string } {
  if (error instanceof Missing) {
    return { field: error.field, text: error.message };
  }
  const field = (error instanceof ApiError && fields[error.field ?? ""]) || "form";
  const text = tooManyText(t, error) ?? letterProblem(t, error, sending) ?? "";
  if (!(error instanceof ApiError)) {
    return { field, text };
  }
  if (field === "addresses" || field === "cc") {
    const named = error.rows.map(({ index }) => sending[field][index]).join(", ");
    if (named !== "") {
      const nameless = error.rows.every(({ reason }) => reason === "no_value");
      return {
        field,
        text: nameless
          ? t("mail_write.nameless_addresses", { named })
          : t("mail_write.bad_addresses", { named }),
      };
    }
  }
  if (error.reason === "no_value") {
    return { field: "about", text: t("mail_write.about_needed") };
  }
  if (field === "photos" && error.reason === "too_large") {
    return { field, text: t("mail_write.photos_too_much") };
  }
  return { field, text };
}

/** The mail left with another text, before it was changed here. */
function sentBefore(error: unknown): boolean {
  return error instanceof ApiError && error.reason === "id_reused";
}

function sendProblem(t: TFunction, error: unknown): string | undefined {
  if (error === null) {
    return undefined;
  }
  if (sentBefore(error)) {
    return t("mail_write.sent_before");
  }
  const unanswered = error instanceof ApiError && error.temporary && error.status !== 429;
  const text = tooManyText(t, error) ?? letterProblem(t, error, { subject: "", body: "" });
  return unanswered ? t("mail_write.unanswered", { problem: text }) : text;
}
