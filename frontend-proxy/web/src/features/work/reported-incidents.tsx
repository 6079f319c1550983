import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { Incident } from "@/shared/api/types";
import { IncidentState } from "@/shared/incidents/incident-state";
import { momentText } from "@/shared/incidents/texts";
import classes from "./my-runs-page.module.css";
import { useOutboxSnapshot } from "./outbox/outbox-context";

/** What a worker reported on their runs of the last two weeks, the latest first. */
const myIncidentsQuery = queryOptions({
  queryKey: [...queryKeys.incidents, "mine"],
  queryFn: async ({ signal }): Promise<Incident[]> => {
    const page = await unwrap(
      api().GET("/incidents", { params: { query: { limit: 20 } }, signal }),
    );
    return page.items;
  },
});

/** The problems that the worker reported, and what became of them. Nothing without any. */
export function ReportedIncidents() {
  const { t } = useTranslation();
  const { data = [] } = useQuery(myIncidentsQuery);
  const { entries } = useOutboxSnapshot();
  const unsent = entries.filter((entry) => entry.kind === "incident");
  if (data.length === 0 && unsent.length === 0) {
    return null;
  }
  return (
    <section aria-label={t("incidents.mine.title")} className={classes.section}>
      <h2 className={classes.sectionTitle}>{t("incidents.mine.title")}</h2>
      <ul className={classes.list}>
        {unsent.map((entry) => (
          <li key={entry.id} className={classes.incident}>
            <strong>{t(`incidents.kinds.${entry.problem}`)}</strong>
            <span>{entry.address}</span>
            <span className={classes.quiet}>{t("incidents.mine.waiting")}</span>
          </li>
        ))}
        {data
          .filter((incident) => unsent.every(({ id }) => id !== incident.client_id))
          .map((incident) => (
            <li key={incident.id} className={classes.incident}>
              <strong>{t(`incidents.kinds.${incident.kind}`)}</strong>
              <span>{streetLine(incident.building.address, t)}</span>
              <span className={classes.incidentState}>
                <IncidentState status={incident.status} />
                <span className={classes.quiet}>{momentText(t, incident.opened_at)}</span>
              </span>
              {incident.answer !== "" && (
                <span className={classes.answer}>
                  {t("incidents.mine.answer", { answer: incident.answer })}
                </span>
              )}
            </li>
          ))}
      </ul>
    </section>
  );
}
