import { Button, MultiSelect, NumberInput, Select } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/shared/api/client";
import type { WeekPlan } from "@/shared/api/types";
import { addDays, dayText } from "@/shared/dates";
import { daysFrom, mondayOf, periodText, weekNumber } from "@/shared/day-grid/period";
import { RefusedRows } from "@/shared/day-grid/refused-rows";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useRefusals } from "@/shared/refusals";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { ReasonDialog } from "@/shared/ui/reason-dialog";
import { offOn, type PlanItem, type RunPlace } from "./plan";
import type { MovedRun } from "./queries";
import { placeOf } from "./use-run-changes";
import { tourName, workerName } from "./words";

/** The dialog that is open. */
export type Open =
  | { what: "plan"; tours: readonly number[]; workers: readonly number[]; days: readonly string[] }
  | { what: "move" | "copy" | "cancel"; items: readonly PlanItem[] }
  | { what: "copy-weeks" };

type PlanDialogsProps = {
  open: Open;
  plan: WeekPlan;
  /** The first and last day of the weeks that are chosen; the plan may still be that of others. */
  from: string;
  to: string;
  region: number | undefined;
  today: string;
  onPlan: (places: readonly RunPlace[]) => void;
  onMove: (moves: readonly MovedRun[]) => void;
  onCancel: (items: readonly PlanItem[], reason: string) => void;
  onCopied: (ids: readonly number[]) => void;
  onClose: () => void;
};

/** Whatever asks for more than a drag or a key. */
export function PlanDialogs(props: PlanDialogsProps) {
  const { t } = useTranslation();
  const { open } = props;
  switch (open.what) {
    case "plan":
      return <PlanDialog {...props} open={open} />;
    case "move":
    case "copy":
      return <MoveDialog {...props} what={open.what} items={open.items} />;
    case "copy-weeks":
      return <CopyWeeksDialog {...props} />;
    case "cancel":
      return (
        <ReasonDialog
          opened
          title={t("planner.cancel_title", { count: open.items.length })}
          text={t("planner.cancel_text")}
          label={t("planner.reason")}
          missing={t("planner.reason_needed")}
          confirm={t("planner.cancel_runs", { count: open.items.length })}
          keep={t("planner.keep")}
          onConfirm={(reason) => {
            props.onClose();
            props.onCancel(open.items, reason);
          }}
          onClose={props.onClose}
        />
      );
  }
}

type PlanValues = { tour: string | null; worker: string | null; date: string | null };

/** The one that is meant, where there is one only. */
function only(ids: readonly number[]): string | null {
  return ids.length === 1 ? String(ids[0]) : null;
}

type PlanDialogProps = PlanDialogsProps & { open: Extract<Open, { what: "plan" }> };

/** Plans a tour for somebody, or for everybody and on every day that was spanned in the grid. */
function PlanDialog({ open, plan, today, onPlan, onClose }: PlanDialogProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const manyDays = open.days.length > 1;
  const manyTours = open.tours.length > 1;
  const manyWorkers = open.workers.length > 1;
  const form = useForm<PlanValues>({
    initialValues: {
      tour: only(open.tours),
      worker: only(open.workers),
      date: open.days[0] ?? today,
    },
    validate: {
      tour: (value) => (value === null && !manyTours ? t("planner.tour_needed") : null),
      worker: (value) => (value === null && !manyWorkers ? t("planner.worker_needed") : null),
      date: (value) => (value === null ? t("planner.date_needed") : null),
    },
  });
  const { tour: tourId, date } = form.values;
  const tour = plan.tours.find(({ id }) => String(id) === tourId);
  // Who works in the region of the tour and is there on the day comes first.
  const able = plan.workers.filter(
    ({ can_work, region_ids }) =>
      can_work && (tour === undefined || region_ids.includes(tour.region.id)),
  );
  const free = able.filter((worker) => date === null || offOn(worker, date) === undefined);
  const away = able.filter((worker) => !free.includes(worker));
  const choice = (worker: (typeof able)[number]) => ({
    value: String(worker.id),
    label: workerName(worker, worker.id),
  });
  const submit = form.onSubmit((values) => {
    const tours = manyTours ? open.tours : [Number(values.tour)];
    const workers = manyWorkers ? open.workers : [Number(values.worker)];
    const days = manyDays ? open.days : [values.date ?? today];
    onClose();
    onPlan(
      tours.flatMap((tour_id) =>
        workers.flatMap((worker_id) => days.map((day) => ({ tour_id, worker_id, date: day }))),
      ),
    );
  });
  return (
    <Dialog title={t("planner.plan_title")} onClose={onClose}>
      <Form className={dialog.content} busy={false} onSubmit={submit}>
        <fieldset className={dialog.fields}>
          {manyTours ? (
            <p className={dialog.text}>{t("planner.tours", { count: open.tours.length })}</p>
          ) : (
            <Select
              label={t("planner.tour")}
              placeholder={t("planner.choose_tour")}
              searchable
              data-autofocus={open.tours.length === 0 || undefined}
              data={plan.tours
                .filter(({ archived }) => !archived)
                .map(({ id, name }) => ({ value: String(id), label: name }))}
              description={
                tour && `${tour.region.name} · ${t("tours.stop_count", { count: tour.stops })}`
              }
              {...form.getInputProps("tour")}
            />
          )}
          {manyWorkers ? (
            <p className={dialog.text}>{t("planner.people", { count: open.workers.length })}</p>
          ) : (
            <Select
              label={t("planner.worker")}
              placeholder={t("planner.choose_worker")}
              searchable
              data-autofocus={open.tours.length === 1 || undefined}
              nothingFoundMessage={t("planner.nobody")}
              data={[
                { group: t("planner.available"), items: free.map(choice) },
                { group: t("planner.not_available"), items: away.map(choice) },
              ].filter(({ items }) => items.length > 0)}
              {...form.getInputProps("worker")}
            />
          )}
          {manyDays ? (
            <p className={dialog.text}>
              {t("planner.days", { count: open.days.length })}:{" "}
              {open.days.map((day) => dayText(day, language)).join(", ")}
            </p>
          ) : (
            <DateField label={t("planner.date")} minDate={today} {...form.getInputProps("date")} />
          )}
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal">
            {t("planner.plan")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

type MoveValues = { worker: string | null; date: string | null; later: string | number };

type MoveDialogProps = PlanDialogsProps & {
  what: "move" | "copy";
  items: readonly PlanItem[];
};

/** Moves, gives or copies without dragging. */
function MoveDialog({ what, items, plan, today, onMove, onPlan, onClose }: MoveDialogProps) {
  const { t } = useTranslation();
  const one = items.length === 1 ? items[0] : undefined;
  const form = useForm<MoveValues>({
    initialValues: { worker: null, date: one?.run.date ?? null, later: 0 },
    validate: {
      date: (value) => (one !== undefined && value === null ? t("planner.date_needed") : null),
      later: (value) =>
        one === undefined && !(Number.isInteger(value) && Math.abs(Number(value)) <= 366)
          ? t("planner.number_needed")
          : null,
    },
  });
  const submit = form.onSubmit(({ worker, date, later }) => {
    const moves = items.map(({ run }) => ({
      run,
      to: {
        ...placeOf(run),
        ...(worker !== null && { worker_id: Number(worker) }),
        date: one === undefined ? addDays(run.date, Number(later)) : (date ?? run.date),
      },
    }));
    onClose();
    if (what === "move") {
      onMove(moves);
    } else {
      onPlan(moves.map(({ to }) => to));
    }
  });
  return (
    <Dialog title={t(`planner.${what}_title`, { count: items.length })} onClose={onClose}>
      <Form className={dialog.content} busy={false} onSubmit={submit}>
        <fieldset className={dialog.fields}>
          <Select
            label={t("planner.to_worker")}
            placeholder={t("planner.same_worker")}
            searchable
            clearable
            clearButtonProps={{ "aria-label": t("planner.same_worker") }}
            nothingFoundMessage={t("planner.nobody")}
            data={plan.workers
              .filter(({ can_work }) => can_work)
              .map((worker) => ({
                value: String(worker.id),
                label: workerName(worker, worker.id),
              }))}
            {...form.getInputProps("worker")}
          />
          {one === undefined ? (
            <NumberInput
              label={t("planner.days_later")}
              description={t("planner.days_later_hint")}
              allowDecimal={false}
              {...form.getInputProps("later")}
            />
          ) : (
            <DateField label={t("planner.date")} minDate={today} {...form.getInputProps("date")} />
          )}
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal">
            {t(`planner.${what}`)}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

const weeksAhead = 53;

/** Copies the weeks on screen to later ones, in two steps: where to, and what comes of it. */
function CopyWeeksDialog({ plan, from, to, region, onCopied, onClose }: PlanDialogsProps) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const form = useForm<{ weeks: string[] }>({
    initialValues: { weeks: [] },
    validate: { weeks: (weeks) => (weeks.length === 0 ? t("planner.weeks_needed") : null) },
  });
  const bodyOf = ({ weeks }: { weeks: string[] }) => ({
    from,
    to,
    weeks,
    ...(region !== undefined && { region_id: region }),
  });
  const preview = useMutation({
    mutationFn: (values: { weeks: string[] }) =>
      unwrap(api().POST("/planning/runs/copy/preview", { body: bodyOf(values) })),
  });
  const copy = useMutation({
    mutationFn: (values: { weeks: string[] }) =>
      unwrap(api().POST("/planning/runs/copy", { body: bodyOf(values) })),
  });
  const refusals = useRefusals(form, { weeks: "weeks" });
  const problem = refusals.problem(preview.error ?? copy.error);
  const weekText = (monday: string) =>
    t("planner.week", {
      number: weekNumber(monday),
      days: periodText(monday, addDays(monday, 6), language),
    });
  const first = addDays(mondayOf(to), 7);
  const made = preview.data?.made ?? [];
  const skipped = preview.data?.skipped ?? [];
  const previewed = preview.data !== undefined;
  const text = ({ tour_id, worker_id, date }: RunPlace) =>
    [
      tourName(
        plan.tours.find(({ id }) => id === tour_id),
        tour_id,
      ),
      workerName(
        plan.workers.find(({ id }) => id === worker_id),
        worker_id,
      ),
      dayText(date, language),
    ].join(", ");
  return (
    <Dialog title={t("planner.copy_weeks")} onClose={onClose}>
      <Form
        className={dialog.content}
        busy={preview.isPending || copy.isPending}
        onSubmit={form.onSubmit((values) =>
          previewed
            ? copy.mutate(values, {
                onSuccess: ({ ids }) => {
                  onClose();
                  onCopied(ids);
                },
                onError: refusals.show,
              })
            : preview.mutate(values, { onError: refusals.show }),
        )}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        {previewed ? (
          <div role="status">
            <p className={dialog.text}>{t("planner.would_make", { count: made.length })}</p>
            {skipped.length > 0 && (
              <>
                <p className={dialog.text}>{t("planner.would_skip", { count: skipped.length })}</p>
                <RefusedRows
                  rows={skipped.map(({ run, reason }) => ({
                    key: `${run.tour_id} ${run.worker_id} ${run.date}`,
                    text: text(run),
                    reason,
                  }))}
                />
              </>
            )}
          </div>
        ) : (
          <fieldset disabled={preview.isPending} className={dialog.fields}>
            <p className={dialog.text}>
              {t("planner.copy_weeks_text", {
                count: Math.round((daysFrom(from, to) + 1) / 7),
                days: periodText(from, to, language),
              })}
            </p>
            <MultiSelect
              label={t("planner.to_weeks")}
              placeholder={form.values.weeks.length === 0 ? t("planner.choose_weeks") : ""}
              searchable
              clearable
              hidePickedOptions
              clearButtonProps={{ "aria-label": t("planner.clear_weeks") }}
              data={Array.from({ length: weeksAhead }, (_, week) => {
                const monday = addDays(first, 7 * week);
                return { value: monday, label: weekText(monday) };
              })}
              {...form.getInputProps("weeks")}
            />
          </fieldset>
        )}
        <div className={dialog.actions}>
          {previewed ? (
            <Button disabled={copy.isPending} onClick={() => preview.reset()}>
              {t("planner.back")}
            </Button>
          ) : (
            <Button onClick={onClose}>{t("app.cancel")}</Button>
          )}
          <Button
            type="submit"
            variant="signal"
            loading={preview.isPending || copy.isPending}
            disabled={previewed && made.length === 0}
          >
            {previewed ? t("planner.make", { count: made.length }) : t("planner.show_preview")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
