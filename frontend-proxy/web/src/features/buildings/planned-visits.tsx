import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./planned-visits.module.css";
import { plannedVisitsQuery } from "./queries";
import sections from "./sections.module.css";

/** When somebody comes to a building next. */
export function PlannedVisits({ buildingId }: { buildingId: number }) {
  const { t } = useTranslation();
  const visits = useQuery(plannedVisitsQuery(buildingId));
  const items = visits.data;
  return (
    <section aria-labelledby="planned" className={sections.section}>
      <h2 id="planned" className={sections.title}>
        {t("visits.planned")}
      </h2>
      {visits.isPending && <LoadingRows count={2} height={32} />}
      {visits.isError && items === undefined && (
        <ErrorState error={visits.error} onRetry={() => visits.refetch()} />
      )}
      {items?.length === 0 && <p className={sections.quiet}>{t("visits.none_planned")}</p>}
      {items !== undefined && items.length > 0 && (
        <ul className={classes.list} aria-labelledby="planned">
          {items.map(({ date, run_id, tour, worker }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a syndic is told days only, which may be the same
            <li key={`${run_id} ${date} ${index}`}>
              <time dateTime={date}>{nearDayText(date, t, currentLanguage())}</time>
              {tour !== null && worker !== null && (
                <Link to="/today" search={{ date, run: run_id }}>
                  {tour.name}, {fullName(worker)}
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
