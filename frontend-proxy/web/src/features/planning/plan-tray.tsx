import { Button, Select } from "@mantine/core";
import { IconAlertTriangle, IconArrowsExchange, IconBan, IconWand } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { Need, Run } from "@/shared/api/types";
import { dayText } from "@/shared/dates";
import { useGuest } from "@/shared/day-grid/drag-area";
import { conflictsQuery } from "@/shared/runs/conflicts-query";
import { useAbsenceEvents } from "@/shared/runs/use-absence-events";
import { SwapsNotice } from "@/shared/swaps/swaps-notice";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { ErrorState } from "@/shared/ui/view-states";
import { useToday } from "@/shared/use-today";
import { needsQuery } from "./needs-queries";
import { offOn } from "./plan";
import classes from "./plan-tray.module.css";
import type { PlannerTools } from "./planner-page";
import { workerName } from "./words";

// Calendars and forms, opened now and then.
const FillDialog = lazy(async () => ({ default: (await import("./fill-dialog")).FillDialog }));
const ReplaceDialog = lazy(async () => ({
  default: (await import("./replace-dialog")).ReplaceDialog,
}));
const CancelManyDialog = lazy(async () => ({
  default: (await import("./cancel-many-dialog")).CancelManyDialog,
}));

const shown = 8;

type Open =
  | { what: "fill" | "cancel" }
  | { what: "replace"; worker: number | undefined }
  | { what: "give"; need: Need };

/** Somebody who has runs although they are absent. */
type Absent = { worker: Run["worker"]; dates: string[] };

/** What is needed on the days and what nobody has, what stands in the way of absences, and what fills and changes many. */
export function PlanTray({ tools }: { tools: PlannerTools }) {
  const { t, i18n } = useTranslation();
  const { plan, days, region } = tools;
  const from = days[0] ?? plan.from;
  const to = days.at(-1) ?? plan.to;
  const needs = useQuery(needsQuery({ from, to, region }));
  const conflicts = useQuery(conflictsQuery(from, to));
  useAbsenceEvents();
  const today = useToday();
  const [open, setOpen] = useState<Open>();
  const [all, setAll] = useState(false);
  const close = () => setOpen(undefined);
  // What was planned a moment ago is needed no more, whatever the server has told so far.
  const taken = new Set(plan.runs.map(({ tour_id, date }) => `${tour_id} ${date}`));
  const left = (needs.data?.items ?? []).filter(
    ({ tour, date }) => !taken.has(`${tour.id} ${date}`),
  );
  const dayOf = (date: string) => dayText(date, i18n.language);
  const absent: Absent[] = [];
  const onScreen = new Set(plan.runs.map(({ id }) => id));
  for (const { run } of conflicts.data ?? []) {
    if (run.date < today || !onScreen.has(run.id)) {
      continue; // nobody can be replaced any more, or in another region
    }
    const text = `${run.tour.name} ${dayOf(run.date)}`;
    const known = absent.find(({ worker }) => worker.id === run.worker.id);
    if (known === undefined) {
      absent.push({ worker: run.worker, dates: [text] });
    } else {
      known.dates.push(text);
    }
  }
  return (
    <section className={classes.tray} aria-label={t("tray.title")}>
      <div className={classes.head}>
        <p className={classes.title} role="status">
          {needs.data === undefined ? "" : t("tray.needs", { count: left.length })}
        </p>
        <div className={classes.actions}>
          <Button
            variant={left.length > 0 ? "ink" : "default"}
            leftSection={<IconWand size={18} aria-hidden />}
            disabled={left.length === 0}
            onClick={() => setOpen({ what: "fill" })}
          >
            {t("tray.fill")}
          </Button>
          <Button
            leftSection={<IconArrowsExchange size={18} aria-hidden />}
            onClick={() => setOpen({ what: "replace", worker: undefined })}
          >
            {t("tray.replace")}
          </Button>
          <Button
            leftSection={<IconBan size={18} aria-hidden />}
            onClick={() => setOpen({ what: "cancel" })}
          >
            {t("tray.cancel_many")}
          </Button>
        </div>
      </div>
      {needs.isError && needs.data === undefined && (
        <ErrorState error={needs.error} onRetry={() => needs.refetch()} />
      )}
      {conflicts.isError && conflicts.data === undefined && (
        <ErrorState error={conflicts.error} onRetry={() => conflicts.refetch()} />
      )}
      {left.length > 0 && (
        <ul className={classes.needs} aria-label={t("tray.title")}>
          {left.slice(0, all ? undefined : shown).map((need) => (
            <li key={`${need.tour.id} ${need.date}`}>
              <NeedButton
                need={need}
                tools={tools}
                onGive={() => setOpen({ what: "give", need })}
              />
            </li>
          ))}
          {left.length > shown && !all && (
            <li>
              <Button variant="subtle" onClick={() => setAll(true)}>
                {t("tray.more", { count: left.length - shown })}
              </Button>
            </li>
          )}
        </ul>
      )}
      <SwapsNotice />
      {absent.length > 0 && (
        <ul className={classes.conflicts} aria-label={t("tray.conflicts")}>
          {absent.map(({ worker, dates }) => (
            <li key={worker.id}>
              <IconAlertTriangle size={18} aria-hidden />
              <span>{t("tray.absent", { worker: fullName(worker), runs: dates.join(", ") })}</span>
              <Button
                size="compact-md"
                aria-label={t("tray.replace_of", { worker: fullName(worker) })}
                onClick={() => setOpen({ what: "replace", worker: worker.id })}
              >
                {t("tray.replace")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {open?.what === "give" && <GiveDialog need={open.need} tools={tools} onClose={close} />}
      <Suspense>
        {open?.what === "fill" && (
          <FillDialog request={{ from, to, region }} onPlan={tools.planNeeded} onClose={close} />
        )}
        {open?.what === "replace" && (
          <ReplaceDialog
            plan={plan}
            worker={open.worker}
            from={from}
            to={to}
            onMove={tools.moveRuns}
            onClose={close}
          />
        )}
        {open?.what === "cancel" && (
          <CancelManyDialog
            plan={plan}
            region={region}
            from={from}
            to={to}
            onCancel={tools.cancelRuns}
            onClose={close}
          />
        )}
      </Suspense>
    </section>
  );
}

type NeedButtonProps = { need: Need; tools: PlannerTools; onGive: () => void };

/** A run that is needed: it is dragged to a person, or given in a dialog. */
function NeedButton({ need, tools, onGive }: NeedButtonProps) {
  const { t, i18n } = useTranslation();
  const date = dayText(need.date, i18n.language);
  const { isDragging, ref, ...handlers } = useGuest(
    `need ${need.tour.id} ${need.date}`,
    tools.workerAt(0) === undefined
      ? undefined
      : {
          name: need.tour.name,
          day: need.date,
          onDrop: (row) => {
            const worker = tools.workerAt(row);
            if (worker !== undefined) {
              tools.planNeeded([{ tour_id: need.tour.id, worker_id: worker, date: need.date }]);
            }
          },
        },
  );
  return (
    <Button
      ref={ref}
      classNames={{ root: classes.need ?? "", label: classes.label ?? "" }}
      data-dragging={isDragging || undefined}
      aria-label={t("tray.give", { tour: need.tour.name, date })}
      onClick={onGive}
      {...handlers}
    >
      <span>{need.tour.name}</span>
      <span className={classes.day}>{date}</span>
    </Button>
  );
}

type GiveDialogProps = { need: Need; tools: PlannerTools; onClose: () => void };

/** Gives one run that is needed to somebody. */
function GiveDialog({ need, tools, onClose }: GiveDialogProps) {
  const { t, i18n } = useTranslation();
  const [worker, setWorker] = useState<string | null>(null);
  const able = tools.plan.workers.filter(
    ({ can_work, region_ids }) => can_work && region_ids.includes(need.region.id),
  );
  const free = able.filter((one) => offOn(one, need.date) === undefined);
  const choice = (one: (typeof able)[number]) => ({
    value: String(one.id),
    label: workerName(one, one.id),
  });
  const away = able.filter((one) => !free.includes(one));
  return (
    <Dialog
      title={t("tray.give", { tour: need.tour.name, date: dayText(need.date, i18n.language) })}
      onClose={onClose}
    >
      <div className={dialog.content}>
        <Select
          label={t("tray.worker")}
          placeholder={t("tray.choose_worker")}
          searchable
          data-autofocus
          nothingFoundMessage={t("tray.nobody_in", { region: need.region.name })}
          data={[
            { group: t("tray.free"), items: free.map(choice) },
            { group: t("tray.away"), items: away.map(choice) },
          ].filter(({ items }) => items.length > 0)}
          value={worker}
          onChange={setWorker}
        />
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button
            variant="signal"
            disabled={worker === null}
            onClick={() => {
              onClose();
              tools.planNeeded([
                { tour_id: need.tour.id, worker_id: Number(worker), date: need.date },
              ]);
            }}
          >
            {t("tray.give_submit")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
