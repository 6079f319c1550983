import { Button, Checkbox, Select, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, fullName, streetLine } from "@/shared/address";
import type { IncidentDetail } from "@/shared/api/types";
import { dayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { IncidentHistory } from "@/shared/incidents/history";
import { IncidentPhotos } from "@/shared/incidents/incident-photos";
import { incidentQuery } from "@/shared/incidents/incident-queries";
import { IncidentState } from "@/shared/incidents/incident-state";
import { momentText, reporterText } from "@/shared/incidents/texts";
import {
  type IncidentKind,
  type IncidentStatus,
  incidentKinds,
  longestText,
} from "@/shared/incidents/words";
import { officeQuery } from "@/shared/people/office-query";
import { changedMeanwhile, problemText } from "@/shared/refusals";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { SidePanel } from "@/shared/ui/side-panel";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./incident-panel.module.css";
import { useAddComment, useChangeIncident } from "./queries";

type IncidentPanelProps = { id: number; onClose: () => void };

/** One incident: what was reported, who takes care of it, and what became of it. */
export function IncidentPanel({ id, onClose }: IncidentPanelProps) {
  const { t } = useTranslation();
  const detail = useQuery(incidentQuery(id));
  const incident = detail.data?.incident;
  return (
    <SidePanel
      title={
        incident === undefined
          ? detail.isError
            ? t("incidents.title")
            : t("app.loading")
          : t(`incidents.kinds.${incident.kind}`)
      }
      onClose={onClose}
    >
      {detail.isPending && <LoadingRows count={6} height={48} />}
      {detail.isError && detail.data === undefined && (
        <ErrorState error={detail.error} onRetry={() => detail.refetch()} />
      )}
      {detail.data !== undefined && (
        <div className={classes.panel}>
          <Report detail={detail.data} />
          <Next detail={detail.data} />
          <Care detail={detail.data} />
          <section className={classes.section} aria-labelledby="incident-history">
            <h3 id="incident-history">{t("incidents.history")}</h3>
            <IncidentHistory detail={detail.data} marked />
            <Comment id={id} />
          </section>
        </div>
      )}
    </SidePanel>
  );
}

function Report({ detail: { incident, pictures, run } }: { detail: IncidentDetail }) {
  const { t } = useTranslation();
  const { building, text } = incident;
  return (
    <section className={classes.section} aria-label={t("incidents.number", { id: incident.id })}>
      <IncidentState status={incident.status} />
      <p className={classes.text}>
        {text === "" ? <span className={classes.quiet}>{t("incidents.no_text")}</span> : text}
      </p>
      <IncidentPhotos pictures={pictures} />
      <dl className={classes.facts}>
        <dt>{t("incidents.building")}</dt>
        <dd>
          <Link
            to="/manage/buildings/$buildingId"
            params={{ buildingId: building.id }}
            className={classes.link ?? ""}
          >
            {streetLine(building.address, t)}
          </Link>
          <div className={classes.quiet}>
            {[cityLine(building.address), building.name].filter((part) => part !== "").join(" · ")}
          </div>
        </dd>
        <dt>{t("incidents.columns.when")}</dt>
        <dd>
          {t("incidents.by", {
            name: reporterText(t, incident),
            when: momentText(t, incident.occurred_at),
          })}
        </dd>
        {run !== null && (
          <>
            <dt>{t("incidents.run")}</dt>
            <dd>
              <Link
                to="/today"
                search={{ date: run.date, run: run.id }}
                className={classes.link ?? ""}
              >
                {run.tour.name}, {dayText(run.date, currentLanguage())}
              </Link>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

const following = {
  open: ["acknowledged", "resolved"],
  acknowledged: ["resolved"],
  resolved: ["open"],
} as const satisfies Record<IncidentStatus, readonly IncidentStatus[]>;

const verbs = { acknowledged: "acknowledge", resolved: "resolve", open: "reopen" } as const;

/** What can be done next, with what the person who reported it reads. */
function Next({ detail }: { detail: IncidentDetail }) {
  const { t } = useTranslation();
  const { incident, reporter_email: email } = detail;
  const [text, setText] = useState("");
  const change = useChangeIncident(incident);
  const reopening = incident.status === "resolved";
  const problem = changedMeanwhile(change.error)
    ? t("changed.again")
    : problemText(t, change.error);
  const move = (status: IncidentStatus) =>
    change.mutate({ status, text: text.trim() }, { onSuccess: () => setText("") });
  return (
    <section
      className={classes.section}
      aria-label={reopening ? t("incidents.reopen") : t("incidents.answer")}
    >
      {problem !== undefined && <FormError>{problem}</FormError>}
      <Textarea
        className={classes.wide}
        label={reopening ? t("incidents.reopen_reason") : t("incidents.answer")}
        description={
          reopening
            ? t("incidents.reopen_hint")
            : t(email === "" ? "incidents.answer_hint" : "incidents.answer_mail_hint")
        }
        autosize
        minRows={2}
        maxRows={10}
        maxLength={longestText}
        disabled={change.isPending}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <p className={classes.quiet}>
        {incident.reported_through === "resident"
          ? email === ""
            ? t("incidents.no_reporter")
            : t("incidents.reporter", { email })
          : t("incidents.worker_reads")}
      </p>
      <div className={classes.actions}>
        {following[incident.status].map((status, place) => (
          <Button
            key={status}
            variant={place === 0 && !reopening ? "signal" : "default"}
            loading={change.isPending && change.variables?.status === status}
            disabled={change.isPending && change.variables?.status !== status}
            onClick={() => move(status)}
          >
            {t(`incidents.${verbs[status]}`)}
          </Button>
        ))}
      </div>
    </section>
  );
}

/** Who takes care of it, and what kind it is; each choice counts at once. */
function Care({ detail: { incident } }: { detail: IncidentDetail }) {
  const { t } = useTranslation();
  const people = useQuery(officeQuery);
  const change = useChangeIncident(incident);
  const { responsible } = incident;
  const choices = (people.data ?? []).map((user) => ({
    value: String(user.id),
    label: fullName(user),
  }));
  if (responsible !== null && !choices.some(({ value }) => value === String(responsible.id))) {
    choices.push({
      value: String(responsible.id),
      label: responsible.name || `#${responsible.id}`,
    });
  }
  const problem = changedMeanwhile(change.error)
    ? t("changed.again")
    : problemText(t, change.error);
  // What was chosen is shown while it is being kept.
  const chosen = change.isPending ? change.variables : undefined;
  return (
    <section className={classes.care} aria-label={t("incidents.columns.responsible")}>
      {problem !== undefined && <FormError>{problem}</FormError>}
      <Select
        label={t("incidents.columns.responsible")}
        allowDeselect={false}
        data={[{ value: "0", label: t("incidents.nobody") }, ...choices]}
        value={String(chosen?.responsible ?? responsible?.id ?? 0)}
        onChange={(id) => change.mutate({ responsible: Number(id ?? 0) })}
      />
      <Select
        label={t("incidents.filter.kind")}
        allowDeselect={false}
        data={incidentKinds.map((kind) => ({ value: kind, label: t(`incidents.kinds.${kind}`) }))}
        value={chosen?.kind ?? incident.kind}
        onChange={(kind) => kind !== null && change.mutate({ kind: kind as IncidentKind })}
      />
    </section>
  );
}

function Comment({ id }: { id: number }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [forSyndics, setForSyndics] = useState(false);
  const add = useAddComment(id);
  const problem = problemText(t, add.error);
  return (
    <Form
      className={classes.comment}
      busy={add.isPending}
      onSubmit={() => {
        if (text.trim() !== "") {
          add.mutate(
            { text: text.trim(), for_syndics: forSyndics },
            {
              onSuccess: () => {
                setText("");
                setForSyndics(false);
              },
            },
          );
        }
      }}
    >
      {problem !== undefined && <FormError>{problem}</FormError>}
      <Textarea
        label={t("incidents.comment")}
        placeholder={t("incidents.comment_placeholder")}
        autosize
        minRows={2}
        maxRows={10}
        maxLength={longestText}
        disabled={add.isPending}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <div className={classes.actions}>
        <Checkbox
          className={classes.check ?? ""}
          label={t("incidents.for_syndics")}
          checked={forSyndics}
          disabled={add.isPending}
          onChange={(event) => setForSyndics(event.currentTarget.checked)}
        />
        <Button type="submit" loading={add.isPending} disabled={text.trim() === ""}>
          {t("incidents.add_comment")}
        </Button>
      </div>
    </Form>
  );
}
