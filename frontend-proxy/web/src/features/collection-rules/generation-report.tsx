import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { dayText, nearMomentText } from "@/shared/dates";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { generationQuery } from "./queries";
import classes from "./rule-page.module.css";
import { skipText } from "./skip-text";

/** What a rule made of its collections the last time, and what it did not make, and why. */
export function GenerationReport({ id }: { id: number }) {
  const { t, i18n } = useTranslation();
  const report = useQuery(generationQuery(id));
  const last = report.data;
  return (
    <section aria-labelledby="report" className={classes.report}>
      <h2 id="report" className={classes.title}>
        {t("rules.report")}
      </h2>
      {report.isPending && <LoadingRows count={2} height={32} />}
      {report.isError && last === undefined && (
        <ErrorState error={report.error} onRetry={() => report.refetch()} />
      )}
      {last !== undefined && last.generated_at === null && (
        <p className={classes.quiet}>{t("rules.report_none")}</p>
      )}
      {last !== undefined && last.generated_at !== null && (
        <>
          <p className={classes.quiet}>
            {t("rules.report_at", {
              moment: nearMomentText(last.generated_at, t, i18n.language),
            })}
          </p>
          <dl className={classes.counts}>
            {(["created", "changed", "removed"] as const).map((what) => (
              <div key={what}>
                <dt>{t(`rules.report_${what}`)}</dt>
                <dd>{last[what]}</dd>
              </div>
            ))}
            <div>
              <dt>{t("rules.report_skipped")}</dt>
              <dd>{last.skipped_count}</dd>
            </div>
          </dl>
          {last.skipped.length > 0 && (
            <details className={classes.details}>
              <summary>{t("rules.report_why")}</summary>
              <ul className={classes.skipped}>
                {last.skipped.map(({ date, building, reason }) => (
                  <li key={`${date} ${building?.id ?? 0} ${reason}`}>
                    <time dateTime={date}>{dayText(date, i18n.language)}</time>
                    {building === null ? (
                      <span>{t("rules.everywhere")}</span>
                    ) : (
                      <Link to="/manage/buildings/$buildingId" params={{ buildingId: building.id }}>
                        {streetLine(building.address, t)}
                      </Link>
                    )}
                    <span className={classes.quiet}>{skipText(t, reason)}</span>
                  </li>
                ))}
              </ul>
              {last.skipped_count > last.skipped.length && (
                <p className={classes.quiet}>
                  {t("rules.report_more", { count: last.skipped_count - last.skipped.length })}
                </p>
              )}
            </details>
          )}
        </>
      )}
    </section>
  );
}
