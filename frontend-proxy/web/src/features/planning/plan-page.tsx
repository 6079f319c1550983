import { Button, Checkbox, Select, Skeleton, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { Tour } from "@/shared/api/types";
import { nearDayText, today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { workersQuery } from "@/shared/people/workers-query";
import { problemText, useRefusals } from "@/shared/refusals";
import { SetupHint } from "@/shared/setup/setup-hint";
import { tourChoicesQuery } from "@/shared/tours/tour-choices";
import { DateField } from "@/shared/ui/date-field";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, Notice } from "@/shared/ui/view-states";
import classes from "./plan-page.module.css";
import { PlannedRuns } from "./planned-runs";
import { usePlanRun } from "./queries";

type PlanPageProps = { initialDate: string | undefined };

/** Plans one run: a tour, a worker of its region, a day. */
export function PlanPage({ initialDate }: PlanPageProps) {
  const { t } = useTranslation();
  const tours = useQuery(tourChoicesQuery);
  return (
    <div className={classes.page}>
      <PageTitle>{t("plan.title")}</PageTitle>
      <Title order={1}>{t("plan.title")}</Title>
      {tours.isPending && <Skeleton height={320} maw={440} />}
      {tours.isError && tours.data === undefined && (
        <ErrorState error={tours.error} onRetry={() => tours.refetch()} />
      )}
      {tours.data?.length === 0 && (
        <SetupHint>
          <EmptyState title={t("plan.title")} text={t("plan.no_tours")} />
        </SetupHint>
      )}
      {tours.data !== undefined && tours.data.length > 0 && (
        <PlanForm tours={tours.data} initialDate={initialDate ?? today()} />
      )}
    </div>
  );
}

type PlanFormProps = { tours: Tour[]; initialDate: string };

// The form's fields by the names the API uses.
const fields = {
  tour_id: "tour",
  tour: "tour",
  worker_id: "worker",
  worker: "worker",
  date: "date",
} as const;

type PlanValues = {
  tour: string | null;
  worker: string | null;
  date: string | null;
  /** Although the worker is not available on that day. */
  despite: boolean;
};

/** True when the office may insist. */
function isNotAvailable(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.reason === "absent" || error.reason === "other_weekdays")
  );
}

function PlanForm({ tours, initialDate }: PlanFormProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const form = useForm<PlanValues>({
    initialValues: {
      tour: null,
      worker: null,
      date: initialDate < today() ? today() : initialDate,
      despite: false,
    },
    validate: {
      tour: (value) => (value === null ? t("plan.tour_needed") : null),
      worker: (value) => (value === null ? t("plan.worker_needed") : null),
      date: (value) => (value === null ? t("plan.date_needed") : null),
    },
  });
  const { tour: tourId, date } = form.values;
  const tour = tours.find((candidate) => String(candidate.id) === tourId);

  const plan = usePlanRun();
  const refusals = useRefusals(form, fields);
  // It is asked about the plan that was refused, and no other.
  const asksToInsist =
    isNotAvailable(plan.error) &&
    plan.variables?.worker_id === Number(form.values.worker) &&
    plan.variables.date === date;
  const problem = asksToInsist ? problemText(t, plan.error) : refusals.problem(plan.error);

  const submit = form.onSubmit((values) => {
    if (values.tour !== null && values.worker !== null && values.date !== null) {
      plan.mutate(
        {
          tour_id: Number(values.tour),
          worker_id: Number(values.worker),
          date: values.date,
          ...(asksToInsist && values.despite ? { despite_absence: true } : {}),
        },
        {
          onSuccess: () => form.setValues({ worker: null, despite: false }),
          onError: (error) => {
            if (!isNotAvailable(error)) {
              refusals.show(error);
            }
          },
        },
      );
    }
  });

  return (
    <div className={classes.columns}>
      <Form className={classes.form} busy={plan.isPending} onSubmit={submit}>
        {problem !== undefined && <FormError>{problem}</FormError>}
        {asksToInsist && (
          <Checkbox
            label={t("plan.despite")}
            {...form.getInputProps("despite", { type: "checkbox" })}
          />
        )}
        {plan.isSuccess && (
          <Notice icon={<IconCheck size={20} aria-hidden />}>
            {t("plan.planned", {
              tour: plan.data.tour.name,
              worker: fullName(plan.data.worker),
              date: nearDayText(plan.data.date, t, language),
            })}
          </Notice>
        )}
        <fieldset disabled={plan.isPending} className={classes.fields}>
          <Select
            label={t("plan.tour")}
            placeholder={t("plan.tour_placeholder")}
            searchable
            data-autofocus
            data={tours.map((candidate) => ({
              value: String(candidate.id),
              label: candidate.name,
            }))}
            description={
              tour && `${tour.region.name} · ${t("plan.stops", { count: tour.stop_count })}`
            }
            {...form.getInputProps("tour")}
            onChange={(value) => form.setValues({ tour: value, worker: null })}
          />
          <WorkerSelect tour={tour} {...form.getInputProps("worker")} />
          <DateField label={t("plan.date")} minDate={today()} {...form.getInputProps("date")} />
        </fieldset>
        <Button
          type="submit"
          variant="signal"
          size="md"
          loading={plan.isPending}
          className={classes.submit}
        >
          {t("plan.submit")}
        </Button>
      </Form>
      {date !== null && <PlannedRuns date={date} />}
    </div>
  );
}

type WorkerSelectProps = {
  tour: Tour | undefined;
  value?: string | null;
  error?: React.ReactNode;
  onChange?: (value: string | null) => void;
};

function WorkerSelect({ tour, ...input }: WorkerSelectProps) {
  const { t } = useTranslation();
  const workers = useQuery({
    ...workersQuery(tour?.region.id),
    enabled: tour !== undefined,
  });
  const region = tour?.region.name ?? "";
  const empty = workers.data?.length === 0;
  const hint =
    tour === undefined
      ? t("plan.worker_first_tour")
      : empty
        ? t("plan.worker_none", { region })
        : t("plan.worker_hint", { region });
  return (
    <Select
      label={t("plan.worker")}
      placeholder={t("plan.worker_placeholder")}
      searchable
      // Never disabled: what is missing is said at it, and must be reachable.
      nothingFoundMessage={hint}
      description={hint}
      data={(workers.data ?? []).map((worker) => ({
        value: String(worker.id),
        label: fullName(worker),
      }))}
      {...input}
      error={input.error ?? (workers.isError ? t("page.load_failed") : undefined)}
    />
  );
}
