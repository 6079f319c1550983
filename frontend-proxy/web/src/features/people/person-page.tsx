import { Button, Title } from "@mantine/core";
import { IconCheck, IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { mayActOn, workers } from "@/shared/account/roles";
import { fullName } from "@/shared/address";
import type { Account, Person } from "@/shared/api/types";
import { dayOf, dayText, nearMomentText } from "@/shared/dates";
import { useDownload } from "@/shared/files";
import { currentLanguage } from "@/shared/i18n/i18n";
import { personQuery } from "@/shared/people/person-query";
import { usePeopleEvents } from "@/shared/people/use-people-events";
import { phoneText } from "@/shared/phone";
import { problemText } from "@/shared/refusals";
import { useRegionNames } from "@/shared/regions/use-region-names";
import { BackLink } from "@/shared/ui/back-link";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { EdgeDialog } from "@/shared/ui/dialog";
import { FormError } from "@/shared/ui/form-error";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { AnonymiseDialog } from "./anonymise-dialog";
import { DeactivateDialog } from "./deactivate-dialog";
import { PersonForm } from "./person-form";
import classes from "./person-page.module.css";
import { type PeopleFilter, useReactivate, useResetSecondFactor } from "./queries";
import { RegionsDialog } from "./regions-dialog";
import { RoleDialog } from "./role-dialog";

type PersonPageProps = {
  id: number;
  me: Account;
  /** What the list showed from which one came. */
  list?: PeopleFilter;
  editing: boolean;
  onEdit: (editing: boolean) => void;
  /** When the person can work; shown for those who do runs. */
  availability: ReactNode;
};

/** One person, for the office: who it is, and what may be changed. */
export function PersonPage({ id, list = {}, ...rest }: PersonPageProps) {
  const { t } = useTranslation();
  const person = useQuery(personQuery(id));
  usePeopleEvents();
  return (
    <div className={classes.page}>
      <PageTitle>{person.data === undefined ? t("people.title") : fullName(person.data)}</PageTitle>
      <BackLink to="/people" search={list}>
        {t("person.back")}
      </BackLink>
      {person.isPending && <LoadingRows count={8} height={44} />}
      {person.isError && person.data === undefined && (
        <ErrorState error={person.error} onRetry={() => person.refetch()} />
      )}
      {person.data !== undefined && <Details person={person.data} {...rest} />}
    </div>
  );
}

type DetailsProps = Omit<PersonPageProps, "id" | "list"> & { person: Person };

type Asking = "role" | "regions" | "second-factor" | "deactivate" | "anonymise";

function Details({ person, me, editing, onEdit, availability }: DetailsProps) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<Asking>();
  const [said, setSaid] = useState<string>();
  const name = fullName(person);
  const own = person.id === me.id;
  const anonymised = person.anonymised_at !== null;
  const mayChange = person.may_change && mayActOn(me.role, person.role) && !anonymised;
  const close = () => setAsking(undefined);
  const done = (sentence: string) => {
    setSaid(sentence);
    close();
  };
  const ask = (what: Asking) => () => {
    setSaid(undefined);
    setAsking(what);
  };
  return (
    <>
      <header className={listPage.header}>
        <div className={classes.heading}>
          <Title order={1}>{name}</Title>
          {!person.active && <span className={classes.mark}>{t("people.inactive")}</span>}
        </div>
        {mayChange && (
          <Button
            onClick={() => {
              setSaid(undefined);
              onEdit(true);
            }}
          >
            {t("person.edit")}
          </Button>
        )}
      </header>
      {said !== undefined && <Notice icon={<IconCheck size={20} aria-hidden />}>{said}</Notice>}
      {own && (
        <Notice
          action={
            <Link to="/profile" className={classes.profile}>
              {t("nav.account")}
            </Link>
          }
        >
          {t("person.you")}
        </Notice>
      )}
      {!own && !person.may_change && <Notice>{t("person.higher_rank")}</Notice>}
      {person.anonymised_at !== null && (
        <Notice>{t("person.is_anonymised", { date: dateText(person.anonymised_at) })}</Notice>
      )}
      {!person.active && !anonymised && <Notice>{t("person.is_deactivated", { name })}</Notice>}
      <Facts
        person={person}
        mayChange={mayChange}
        mayPutRegions={mayChange || own}
        onAsk={(what) => ask(what)()}
      />
      {person.active && workers.includes(person.role) && availability}
      <More id={person.id} />
      {own && <OwnData />}
      {mayChange && (
        <AccountActions person={person} onAsk={(what) => ask(what)()} onSaid={setSaid} />
      )}
      {editing && mayChange && (
        <EdgeDialog
          position="right"
          title={t("person.edit")}
          // A click beside it is not how one leaves a form.
          closeOnClickOutside={false}
          onClose={() => onEdit(false)}
        >
          <PersonForm
            person={person}
            onClose={() => onEdit(false)}
            onSaved={(saved) => {
              setSaid(t("person.saved", { name: fullName(saved) }));
              onEdit(false);
            }}
          />
        </EdgeDialog>
      )}
      {asking === "role" && (
        <RoleDialog
          me={me}
          person={person}
          onClose={close}
          onSaved={(role) =>
            done(t("person.role_saved", { name, role: t(`role.${role}`).toLocaleLowerCase() }))
          }
        />
      )}
      {asking === "regions" && (
        <RegionsDialog
          person={person}
          onClose={close}
          onSaved={() => done(t("person.regions_saved", { name }))}
        />
      )}
      {asking === "second-factor" && (
        <ResetDialog
          person={person}
          onClose={close}
          onDone={() => done(t("person.reset_done", { name }))}
        />
      )}
      {asking === "deactivate" && (
        <DeactivateDialog
          person={person}
          onClose={close}
          onDone={() => done(t("person.deactivated", { name }))}
        />
      )}
      {asking === "anonymise" && (
        <AnonymiseDialog
          person={person}
          onClose={close}
          onDone={() => done(t("person.anonymised"))}
        />
      )}
    </>
  );
}

function dateText(moment: string): string {
  return dayText(dayOf(new Date(moment)), currentLanguage());
}

type FactsProps = {
  person: Person;
  mayChange: boolean;
  mayPutRegions: boolean;
  onAsk: (what: Asking) => void;
};

function Facts({ person, mayChange, mayPutRegions, onAsk }: FactsProps) {
  const { t } = useTranslation();
  const regions = useRegionNames()(person.region_ids);
  const anonymised = person.anonymised_at !== null;
  return (
    <section aria-labelledby="facts" className={classes.section}>
      <h2 id="facts" className={classes.sectionTitle}>
        {t("person.facts")}
      </h2>
      <dl className={classes.facts}>
        {!anonymised && (
          <>
            <Fact
              label={t("person.email")}
              action={
                <div className={classes.buttons}>
                  {person.active && (
                    <Button
                      renderRoot={(props) => (
                        <Link to="/manage/mail/write" search={{ user: person.id }} {...props} />
                      )}
                    >
                      {t("person.mail")}
                    </Button>
                  )}
                  <Button
                    renderRoot={(props) => (
                      <Link to="/manage/mail" search={{ user: person.id }} {...props} />
                    )}
                  >
                    {t("person.mails")}
                  </Button>
                </div>
              }
            >
              <a href={`mailto:${person.email}`}>{person.email}</a>
            </Fact>
            <Fact label={t("person.phone")}>
              {person.phone === "" ? (
                <span className={classes.quiet}>{t("person.no_phone")}</span>
              ) : (
                <a href={`tel:${person.phone}`}>{phoneText(person.phone)}</a>
              )}
            </Fact>
            <Fact label={t("person.language")}>
              <span>{t(`app.languages.${person.language}`)}</span>
            </Fact>
          </>
        )}
        <Fact
          label={t("person.role")}
          action={
            mayChange && <Button onClick={() => onAsk("role")}>{t("person.change_role")}</Button>
          }
        >
          <span>{t(`role.${person.role}`)}</span>
        </Fact>
        <Fact
          label={t("person.regions")}
          action={
            mayPutRegions && (
              <Button onClick={() => onAsk("regions")}>{t("person.change_regions")}</Button>
            )
          }
        >
          {person.region_ids.length === 0 ? (
            <span className={classes.quiet}>{t("people.no_region")}</span>
          ) : (
            <span>{regions}</span>
          )}
        </Fact>
        {!anonymised && (
          <Fact
            label={t("person.second_factor")}
            action={
              mayChange &&
              person.second_factor && (
                <Button onClick={() => onAsk("second-factor")}>
                  {t("person.reset_second_factor")}
                </Button>
              )
            }
          >
            <span>
              {person.second_factor ? t("person.second_factor_on") : t("person.second_factor_off")}
            </span>
          </Fact>
        )}
        <Fact label={t("person.since")}>
          <span>{dateText(person.created_at)}</span>
        </Fact>
        {!anonymised && (
          <Fact label={t("person.last_seen")}>
            {person.last_seen_at === null ? (
              <span className={classes.quiet}>{t("person.never_seen")}</span>
            ) : (
              <LastSeen moment={person.last_seen_at} />
            )}
          </Fact>
        )}
      </dl>
    </section>
  );
}

function LastSeen({ moment }: { moment: string }) {
  const { t } = useTranslation();
  return <span>{nearMomentText(moment, t, currentLanguage())}</span>;
}

type FactProps = { label: string; action?: ReactNode; children: ReactNode };

function Fact({ label, action, children }: FactProps) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>
        {children}
        {action}
      </dd>
    </div>
  );
}

/** Where else something stands about a person. */
function More({ id }: { id: number }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="more" className={classes.section}>
      <h2 id="more" className={classes.sectionTitle}>
        {t("person.more")}
      </h2>
      <div className={classes.links}>
        <Link to="/manage/audit" search={{ person: id }} className={classes.link}>
          {t("person.changes")}
        </Link>
      </div>
    </section>
  );
}

function OwnData() {
  const { t } = useTranslation();
  const file = useDownload("/me/export");
  return (
    <section aria-labelledby="own-data" className={classes.section}>
      <h2 id="own-data" className={classes.sectionTitle}>
        {t("person.own_data")}
      </h2>
      <Action hint={t("person.own_data_hint")}>
        <Button component="a" {...file} leftSection={<IconDownload size={20} aria-hidden />}>
          {t("nav.own_data")}
        </Button>
      </Action>
    </section>
  );
}

type AccountActionsProps = {
  person: Person;
  onAsk: (what: Asking) => void;
  onSaid: (sentence: string | undefined) => void;
};

function AccountActions({ person, onAsk, onSaid }: AccountActionsProps) {
  const { t } = useTranslation();
  const reactivate = useReactivate(person.id);
  const name = fullName(person);
  return (
    <section aria-labelledby="account" className={classes.section}>
      <h2 id="account" className={classes.sectionTitle}>
        {t("person.account")}
      </h2>
      {reactivate.isError && <FormError>{problemText(t, reactivate.error)}</FormError>}
      {person.active ? (
        <Action hint={t("person.deactivate_hint")}>
          <Button onClick={() => onAsk("deactivate")}>{t("person.deactivate")}</Button>
        </Action>
      ) : (
        <>
          <Action hint={t("person.reactivate_hint", { name })}>
            <Button
              loading={reactivate.isPending}
              onClick={() => {
                onSaid(undefined);
                reactivate.mutate(undefined, {
                  onSuccess: () => onSaid(t("person.reactivated", { name })),
                });
              }}
            >
              {t("person.reactivate")}
            </Button>
          </Action>
          <Action hint={t("person.anonymise_hint")}>
            <Button onClick={() => onAsk("anonymise")}>{t("person.anonymise")}</Button>
          </Action>
        </>
      )}
    </section>
  );
}

function Action({ hint, children }: { hint: string; children: ReactNode }) {
  return (
    <div className={classes.action}>
      <p className={classes.quiet}>{hint}</p>
      {children}
    </div>
  );
}

type ResetDialogProps = { person: Person; onClose: () => void; onDone: () => void };

function ResetDialog({ person, onClose, onDone }: ResetDialogProps) {
  const { t } = useTranslation();
  const reset = useResetSecondFactor(person.id);
  return (
    <ConfirmDialog
      title={t("person.reset_title", { name: fullName(person) })}
      text={t("person.reset_text")}
      confirm={t("person.reset_confirm")}
      pending={reset.isPending}
      problem={problemText(t, reset.error)}
      onConfirm={() => reset.mutate(undefined, { onSuccess: onDone })}
      onClose={onClose}
    />
  );
}
