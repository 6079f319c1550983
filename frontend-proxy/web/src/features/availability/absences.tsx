import { Button } from "@mantine/core";
import { IconAlertTriangle, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Absence, AbsenceDetail } from "@/shared/api/types";
import { nearDayText, today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { useToday } from "@/shared/use-today";
import classes from "./availability.module.css";
import { absencesQuery, useDeleteAbsence } from "./queries";

// The calendar in it is heavy, and opened now and then.
const AbsenceDialog = lazy(async () => ({
  default: (await import("./absence-dialog")).AbsenceDialog,
}));

type AbsencesProps = { workerId: number; byOffice: boolean };

/** When somebody is away, now and later. */
export function Absences({ workerId, byOffice }: AbsencesProps) {
  const { t } = useTranslation();
  const absences = useQuery(absencesQuery(workerId, useToday()));
  const [adding, setAdding] = useState(false);
  const [saved, setSaved] = useState<AbsenceDetail>();
  const items = absences.data;
  return (
    <section aria-labelledby="absences" className={classes.section}>
      <header className={classes.header}>
        <h2 id="absences" className={classes.title}>
          {t("availability.absences")}
        </h2>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
          {t("availability.add")}
        </Button>
      </header>
      {saved !== undefined && saved.runs.length > 0 && (
        <Notice icon={<IconAlertTriangle size={20} aria-hidden />}>
          {t(byOffice ? "availability.runs_office" : "availability.runs_worker", {
            count: saved.runs.length,
            runs: saved.runs
              .map(({ tour, date }) => `${tour.name} (${nearDayText(date, t, currentLanguage())})`)
              .join(", "),
          })}
        </Notice>
      )}
      {absences.isPending && <LoadingRows count={2} height={72} />}
      {absences.isError && items === undefined && (
        <ErrorState error={absences.error} onRetry={() => absences.refetch()} />
      )}
      {items?.length === 0 && <p className={classes.quiet}>{t("availability.no_absences")}</p>}
      {items !== undefined && items.length > 0 && (
        <ul className={classes.list} aria-labelledby="absences">
          {items.map((absence) => (
            <AbsenceRow key={absence.id} absence={absence} byOffice={byOffice} onSaved={setSaved} />
          ))}
        </ul>
      )}
      {adding && (
        <Suspense>
          <AbsenceDialog
            workerId={workerId}
            absence={undefined}
            byOffice={byOffice}
            onSaved={(detail) => {
              setSaved(detail);
              setAdding(false);
            }}
            onClose={() => setAdding(false)}
          />
        </Suspense>
      )}
    </section>
  );
}

type AbsenceRowProps = {
  absence: Absence;
  byOffice: boolean;
  onSaved: (detail: AbsenceDetail | undefined) => void;
};

function AbsenceRow({ absence, byOffice, onSaved }: AbsenceRowProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<"edit" | "delete">();
  const remove = useDeleteAbsence(absence);
  const days = daysText(t, absence);
  const close = () => setOpen(undefined);
  // What has begun is the office's to change.
  const mayChange = byOffice || absence.first_day >= today();
  return (
    <li className={classes.row}>
      <p className={classes.text}>
        <strong>{days}</strong>
        <br />
        {t(`availability.reasons.${absence.reason}`)}
        {absence.note !== "" && ` · ${absence.note}`}
      </p>
      {mayChange ? (
        <div className={classes.actions}>
          <Button
            aria-label={t("availability.change_of", { days })}
            onClick={() => setOpen("edit")}
          >
            {t("availability.change")}
          </Button>
          <Button
            aria-label={t("availability.delete_of", { days })}
            onClick={() => setOpen("delete")}
          >
            {t("availability.delete")}
          </Button>
        </div>
      ) : (
        <p className={classes.quiet}>{t("availability.begun")}</p>
      )}
      {open === "edit" && (
        <Suspense>
          <AbsenceDialog
            workerId={absence.worker.id}
            absence={absence}
            byOffice={byOffice}
            onSaved={(detail) => {
              onSaved(detail);
              close();
            }}
            onClose={close}
          />
        </Suspense>
      )}
      {open === "delete" && (
        <ConfirmDialog
          title={t("availability.delete_title")}
          text={t("availability.delete_text", { days })}
          confirm={t("availability.delete_confirm")}
          pending={remove.isPending}
          problem={problemText(t, remove.error)}
          onConfirm={() =>
            remove.mutate(undefined, {
              onSuccess: () => {
                onSaved(undefined);
                close();
              },
            })
          }
          onClose={close}
        />
      )}
    </li>
  );
}

/** "za 28 nov", or "za 28 nov tot zo 6 dec". */
function daysText(t: TFunction, { first_day: first, last_day: last }: Absence): string {
  const language = currentLanguage();
  return first === last
    ? nearDayText(first, t, language)
    : t("availability.period", {
        first: nearDayText(first, t, language),
        last: nearDayText(last, t, language),
      });
}
