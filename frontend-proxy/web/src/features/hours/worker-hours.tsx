import { ActionIcon } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { Month } from "./hours-page";
import classes from "./hours-page.module.css";
import { addMonths, monthText } from "./months";
import { workerHoursQuery } from "./queries";

/** What a worker worked in a month, as they see it themselves; for the office. */
export function WorkerHours({ workerId }: { workerId: number }) {
  const { t } = useTranslation();
  const [month, setMonth] = useState(() => today().slice(0, 7));
  const hours = useQuery(workerHoursQuery(workerId, month));
  const name = monthText(month, currentLanguage());
  return (
    <section className={classes.panel} aria-labelledby="worker-hours">
      <h2 id="worker-hours" className={classes.month}>
        {t("hours.of_worker")}
      </h2>
      <div className={classes.months}>
        <ActionIcon
          size={44}
          aria-label={t("hours.previous")}
          onClick={() => setMonth(addMonths(month, -1))}
        >
          <IconChevronLeft size={20} aria-hidden />
        </ActionIcon>
        <span aria-live="polite">{name}</span>
        <ActionIcon
          size={44}
          aria-label={t("hours.next")}
          onClick={() => setMonth(addMonths(month, 1))}
        >
          <IconChevronRight size={20} aria-hidden />
        </ActionIcon>
      </div>
      {hours.isPending && <LoadingRows count={4} height={72} />}
      {hours.isError && hours.data === undefined && (
        <ErrorState error={hours.error} onRetry={() => hours.refetch()} />
      )}
      {hours.data !== undefined && (
        <Month month={month} name={name} hours={hours.data} linked={false} />
      )}
    </section>
  );
}
