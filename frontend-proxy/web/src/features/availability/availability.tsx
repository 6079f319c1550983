import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { Absences } from "./absences";
import classes from "./availability.module.css";
import { availabilityQuery } from "./queries";
import { WorkingDaysForm } from "./working-days-form";

type AvailabilityProps = {
  workerId: number;
  /** The office reads and writes it about somebody, who does so themselves otherwise. */
  byOffice: boolean;
};

/** When somebody can work: the days of the week, and when they are away. */
export function Availability({ workerId, byOffice }: AvailabilityProps) {
  const { t } = useTranslation();
  const days = useQuery(availabilityQuery(workerId));
  return (
    <div className={classes.parts}>
      <section aria-labelledby="working-days" className={classes.section}>
        <h2 id="working-days" className={classes.title}>
          {t("availability.days")}
        </h2>
        {!byOffice && <p className={classes.quiet}>{t("availability.days_text")}</p>}
        {days.isPending && <LoadingRows count={1} height={112} />}
        {days.isError && days.data === undefined && (
          <ErrorState error={days.error} onRetry={() => days.refetch()} />
        )}
        {days.data !== undefined && (
          <WorkingDaysForm
            stored={days.data}
            byOffice={byOffice}
            onRefresh={() => void days.refetch()}
          />
        )}
      </section>
      <Absences workerId={workerId} byOffice={byOffice} />
    </div>
  );
}
