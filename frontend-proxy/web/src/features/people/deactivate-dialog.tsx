import { Button, Select, Textarea } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { Person, Run, User } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { errorText, storedErrorText } from "@/shared/i18n/error-text";
import { currentLanguage } from "@/shared/i18n/i18n";
import { workersQuery } from "@/shared/people/workers-query";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./deactivate-dialog.module.css";
import { openRunsQuery, type RunDecision, useDeactivate } from "./queries";

type DeactivateDialogProps = { person: Person; onClose: () => void; onDone: () => void };

/** Asks what becomes of the runs that a person still has to do, and deactivates the person in the same step. */
export function DeactivateDialog({ person, onClose, onDone }: DeactivateDialogProps) {
  const { t } = useTranslation();
  const runs = useQuery(openRunsQuery(person.id));
  const [draft, setDraft] = useState(false);
  const name = fullName(person);
  return (
    <Dialog
      title={t("person.deactivate_title", { name })}
      size="xl"
      onClose={onClose}
      closeOnClickOutside={!draft}
    >
      <div className={dialog.content}>
        <p className={dialog.text}>{t("person.deactivate_text", { name })}</p>
        {runs.isPending && <LoadingRows count={3} height={60} />}
        {runs.isError && runs.data === undefined && (
          <ErrorState error={runs.error} onRetry={() => runs.refetch()} />
        )}
        {runs.data !== undefined && (
          <Decisions
            person={person}
            runs={runs.data}
            onDraft={() => setDraft(true)}
            onClose={onClose}
            onDone={onDone}
          />
        )}
      </div>
    </Dialog>
  );
}

const cancelled = "cancel";

/** A worker's id, or that the run is cancelled; null as long as nothing is chosen. */
type Choice = string | null;

type DecisionsProps = DeactivateDialogProps & {
  runs: Run[];
  onDraft: () => void;
};

function Decisions({ person, runs, onDraft, onClose, onDone }: DecisionsProps) {
  const { t } = useTranslation();
  const takers = useTakers(person, runs);
  const [choices, setChoices] = useState<Readonly<Record<number, Choice>>>({});
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  // The runs that the server refused to give away like that, and why.
  const [refused, setRefused] = useState<Readonly<Record<number, string>>>({});
  const deactivate = useDeactivate(person.id);

  const choiceOf = (run: Run): Choice => {
    const choice = choices[run.id] ?? null;
    return choice === cancelled || takers.of(run).some(({ id }) => String(id) === choice)
      ? choice
      : null;
  };
  const choose = (chosen: Readonly<Record<number, Choice>>) => {
    onDraft();
    setChoices({ ...choices, ...chosen });
    setRefused(Object.fromEntries(Object.entries(refused).filter(([id]) => !(id in chosen))));
  };
  const cancels = runs.some((run) => choiceOf(run) === cancelled);
  const reasonMissing = cancels && reason.trim() === "";

  const submit = () => {
    setTried(true);
    if (reasonMissing || runs.some((run) => choiceOf(run) === null)) {
      return;
    }
    const decisions = runs.map(
      ({ id }): RunDecision =>
        choices[id] === cancelled
          ? { run_id: id, cancel: true, reason: reason.trim() }
          : { run_id: id, worker_id: Number(choices[id]) },
    );
    setRefused({});
    deactivate.mutate(decisions, {
      onSuccess: onDone,
      // Runs that changed meanwhile are in the list by now, which is read again after a refusal.
      onError: (error) => {
        if (error instanceof ApiError && !runsChanged(error)) {
          setRefused(
            Object.fromEntries(
              error.rows.flatMap((row) => {
                const run = runs[row.index];
                return run === undefined
                  ? []
                  : [[run.id, storedErrorText(t, error.code, row.reason)]];
              }),
            ),
          );
        }
      },
    });
  };

  return (
    <Form className={dialog.content} busy={deactivate.isPending} onSubmit={submit}>
      {deactivate.isError && <FormError>{failureText(t, deactivate.error)}</FormError>}
      {takers.failed && (
        <FormError>
          {t("person.workers_failed")}{" "}
          <Button size="compact-md" onClick={takers.retry}>
            {t("app.retry")}
          </Button>
        </FormError>
      )}
      <fieldset disabled={deactivate.isPending} className={dialog.fields}>
        <p className={dialog.text}>
          {runs.length === 0 ? t("person.no_runs") : t("person.runs_text", { count: runs.length })}
        </p>
        {runs.length > 1 && <AllTo runs={runs} takers={takers} onChoose={choose} />}
        {runs.length > 0 && (
          <ul className={classes.runs} aria-label={t("person.open_runs")}>
            {runs.map((run) => (
              <RunRow
                key={run.id}
                run={run}
                takers={takers.of(run)}
                loading={takers.loading}
                choice={choiceOf(run)}
                problem={
                  refused[run.id] ??
                  (tried && choiceOf(run) === null ? t("person.decision_needed") : undefined)
                }
                onChoose={(choice) => choose({ [run.id]: choice })}
              />
            ))}
          </ul>
        )}
        {cancels && (
          <Textarea
            label={t("person.cancel_reason")}
            autosize
            minRows={2}
            maxLength={1000}
            value={reason}
            error={tried && reasonMissing ? t("person.cancel_reason_needed") : undefined}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </fieldset>
      <div className={dialog.actions}>
        <Button {...(runs.length === 0 ? { "data-autofocus": true } : {})} onClick={onClose}>
          {t("person.deactivate_keep")}
        </Button>
        <Button type="submit" variant="ink" loading={deactivate.isPending}>
          {t("person.deactivate_confirm")}
        </Button>
      </div>
    </Form>
  );
}

/** Runs have come, or are not to be done any more, since the list was read. */
function runsChanged(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    (error.reason === "has_runs" ||
      error.rows.some(
        ({ reason }) => reason === "changed_meanwhile" || reason === "already_started",
      ))
  );
}

function failureText(t: TFunction, error: unknown): string {
  return runsChanged(error) ? t("person.runs_changed") : errorText(t, error);
}

type Takers = {
  /** Who can be given the run: nobody when it is under way. */
  of: (run: Run) => User[];
  loading: boolean;
  failed: boolean;
  retry: () => void;
};

/** Who works in the regions of the runs, but for the one who leaves. */
function useTakers(person: Person, runs: Run[]): Takers {
  const regions = [...new Set(runs.map((run) => run.region.id))];
  const queries = useQueries({ queries: regions.map((region) => workersQuery(region)) });
  const workers = new Map(
    regions.map((region, index) => [
      region,
      (queries[index]?.data ?? []).filter(({ id }) => id !== person.id),
    ]),
  );
  return {
    of: (run) => (run.status === "started" ? [] : (workers.get(run.region.id) ?? [])),
    loading: queries.some((query) => query.isPending),
    failed: queries.some((query) => query.isError && query.data === undefined),
    retry: () => {
      for (const query of queries) {
        if (query.isError) {
          void query.refetch();
        }
      }
    },
  };
}

type AllToProps = {
  runs: Run[];
  takers: Takers;
  onChoose: (chosen: Readonly<Record<number, Choice>>) => void;
};

/** Gives all runs that one can do to one person, or cancels them all. */
function AllTo({ runs, takers, onChoose }: AllToProps) {
  const { t } = useTranslation();
  const [left, setLeft] = useState(0);
  const [value, setValue] = useState<string | null>(null);
  const everybody = new Map(runs.flatMap((run) => takers.of(run)).map((user) => [user.id, user]));
  return (
    <Select
      label={t("person.all_to")}
      placeholder={t("person.all_placeholder")}
      description={left > 0 ? t("person.all_left", { count: left }) : undefined}
      inputWrapperOrder={["label", "input", "description", "error"]}
      disabled={takers.loading}
      maxDropdownHeight={320}
      searchable={everybody.size > 8}
      allowDeselect={false}
      data={choicesOf(t, [...everybody.values()], t("person.cancel_all"))}
      value={value}
      onChange={(choice) => {
        const can = runs.filter(
          (run) => choice === cancelled || takers.of(run).some(({ id }) => String(id) === choice),
        );
        setValue(choice);
        setLeft(runs.length - can.length);
        onChoose(Object.fromEntries(can.map(({ id }) => [id, choice])));
      }}
    />
  );
}

function choicesOf(t: TFunction, users: User[], cancel: string) {
  return [
    {
      group: t("person.give_to"),
      items: users.map((user) => ({ value: String(user.id), label: fullName(user) })),
    },
    { group: t("person.or"), items: [{ value: cancelled, label: cancel }] },
  ].filter(({ items }) => items.length > 0);
}

type RunRowProps = {
  run: Run;
  takers: User[];
  loading: boolean;
  choice: Choice;
  problem: string | undefined;
  onChoose: (choice: Choice) => void;
};

function RunRow({ run, takers, loading, choice, problem, onChoose }: RunRowProps) {
  const { t } = useTranslation();
  const date = nearDayText(run.date, t, currentLanguage());
  const started = run.status === "started";
  const alone = !started && !loading && takers.length === 0;
  return (
    <li className={classes.run}>
      <span className={classes.what}>
        <span className={classes.tour}>{run.tour.name}</span>
        <span className={classes.quiet}>
          {date} · {run.region.name}
        </span>
        {started && <span className={classes.quiet}>{t("person.run_started")}</span>}
        {alone && <span className={classes.quiet}>{t("person.nobody_else")}</span>}
      </span>
      <Select
        aria-label={t("person.decision", { tour: run.tour.name, date })}
        placeholder={t("person.choose")}
        disabled={loading}
        maxDropdownHeight={320}
        searchable={takers.length > 8}
        allowDeselect={false}
        data={choicesOf(t, takers, t("person.cancel_run"))}
        value={choice}
        error={problem}
        onChange={onChoose}
      />
    </li>
  );
}
