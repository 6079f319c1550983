import { Button } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Incident } from "@/shared/api/types";
import { IncidentHistory } from "@/shared/incidents/history";
import { IncidentPhotos } from "@/shared/incidents/incident-photos";
import { incidentQuery, incidentsQuery } from "@/shared/incidents/incident-queries";
import { IncidentState } from "@/shared/incidents/incident-state";
import { momentText } from "@/shared/incidents/texts";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./incidents.module.css";
import sections from "./sections.module.css";

/** What was reported at a building. The office goes on from here, a syndic reads it in place. */
export function Incidents({ buildingId, office }: { buildingId: number; office: boolean }) {
  const { t } = useTranslation();
  const incidents = useInfiniteQuery(incidentsQuery({ building: buildingId, status: "all" }));
  const items = incidents.data;
  return (
    <section aria-labelledby="incidents" className={sections.section}>
      <header className={sections.header}>
        <h2 id="incidents" className={sections.title}>
          {t("incidents.section")}
        </h2>
        {office && (
          <Button
            renderRoot={(props) => (
              <Link
                to="/manage/incidents"
                search={{ building: buildingId, status: "all" }}
                {...props}
              />
            )}
          >
            {t("incidents.see_all")}
          </Button>
        )}
      </header>
      {incidents.isPending && <LoadingRows count={2} height={72} />}
      {incidents.isError && items === undefined && (
        <ErrorState error={incidents.error} onRetry={() => incidents.refetch()} />
      )}
      {items?.length === 0 && <p className={sections.quiet}>{t("incidents.section_empty")}</p>}
      {items !== undefined && items.length > 0 && (
        <ul className={sections.list} aria-labelledby="incidents">
          {(office ? items.slice(0, 5) : items).map((incident) => (
            <li key={incident.id} className={sections.row}>
              {office ? <Linked incident={incident} /> : <Folded incident={incident} />}
            </li>
          ))}
        </ul>
      )}
      {!office && incidents.hasNextPage && (
        <Button
          className={classes.more}
          loading={incidents.isFetchingNextPage}
          onClick={() => incidents.fetchNextPage()}
        >
          {t("incidents.load_more")}
        </Button>
      )}
    </section>
  );
}

function Linked({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  return (
    <>
      <div className={classes.head}>
        <Link
          to="/manage/incidents"
          search={{ building: incident.building.id, status: "all", incident: incident.id }}
          className={classes.link ?? ""}
        >
          {t(`incidents.kinds.${incident.kind}`)}
        </Link>
        <IncidentState status={incident.status} />
      </div>
      <Summary incident={incident} />
    </>
  );
}

function Summary({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  return (
    <>
      {incident.text !== "" && <p className={classes.text}>{incident.text}</p>}
      <p className={sections.quiet}>{momentText(t, incident.opened_at)}</p>
    </>
  );
}

/** An incident whose photos and history come when somebody wants to know more. */
function Folded({ incident }: { incident: Incident }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const id = useId();
  const detail = useQuery({ ...incidentQuery(incident.id), enabled: open });
  return (
    <>
      <div className={classes.head}>
        <strong>{t(`incidents.kinds.${incident.kind}`)}</strong>
        <IncidentState status={incident.status} />
      </div>
      <Summary incident={incident} />
      <Button
        className={classes.more}
        aria-expanded={open}
        aria-controls={id}
        rightSection={<IconChevronDown size={18} aria-hidden className={classes.fold} />}
        onClick={() => setOpen(!open)}
      >
        {t("incidents.history")}
      </Button>
      <div id={id} className={classes.detail} hidden={!open}>
        {open && detail.isPending && <LoadingRows count={2} height={56} />}
        {detail.isError && detail.data === undefined && (
          <ErrorState error={detail.error} onRetry={() => detail.refetch()} />
        )}
        {detail.data !== undefined && (
          <>
            <IncidentPhotos pictures={detail.data.pictures} />
            <IncidentHistory detail={detail.data} />
          </>
        )}
      </div>
    </>
  );
}
