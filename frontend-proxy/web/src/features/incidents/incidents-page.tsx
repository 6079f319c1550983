import { Button, Select, Title } from "@mantine/core";
import { IconPhoto, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, fullName, streetLine } from "@/shared/address";
import type { Incident } from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";
import { type IncidentFilter, incidentsQuery } from "@/shared/incidents/incident-queries";
import { IncidentState } from "@/shared/incidents/incident-state";
import { momentText } from "@/shared/incidents/texts";
import { type IncidentKind, incidentKinds, incidentStatuses } from "@/shared/incidents/words";
import { officeQuery } from "@/shared/people/office-query";
import { RegionFilter } from "@/shared/regions/region-filter";
import { useShortcut } from "@/shared/shortcuts";
import listPage from "@/shared/ui/list-page.module.css";
import openRows from "@/shared/ui/open-rows.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { moveRowFocus } from "@/shared/ui/row-keys";
import { SearchField } from "@/shared/ui/search-field";
import { EmptyState, ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { IncidentPanel } from "./incident-panel";
import classes from "./incidents-page.module.css";
import { NewIncidentDialog } from "./new-incident-dialog";

type IncidentsPageProps = {
  filter: IncidentFilter;
  /** The incident whose panel is open. */
  open: number | undefined;
  onFilter: (filter: IncidentFilter) => void;
  onOpen: (incident: number | undefined) => void;
};

/** What was reported, and what becomes of it; for the office. The frame around it keeps it fresh. */
export function IncidentsPage({ filter, open, onFilter, onOpen }: IncidentsPageProps) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  useShortcut("n", adding ? undefined : () => setAdding(true));
  return (
    <div className={classes.layout} data-panel={open !== undefined || undefined}>
      <PageTitle>{t("incidents.title")}</PageTitle>
      <div className={listPage.page}>
        <header className={listPage.header}>
          <Title order={1}>{t("incidents.title")}</Title>
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
            {t("incidents.new")}
          </Button>
        </header>
        <Filters filter={filter} onFilter={onFilter} />
        <Incidents filter={filter} open={open} onFilter={onFilter} />
      </div>
      {open !== undefined && (
        <IncidentPanel key={open} id={open} onClose={() => onOpen(undefined)} />
      )}
      {adding && (
        <NewIncidentDialog
          building={filter.building}
          onClose={() => setAdding(false)}
          onMade={(incident) => {
            setAdding(false);
            onOpen(incident);
          }}
        />
      )}
    </div>
  );
}

type IncidentsProps = Pick<IncidentsPageProps, "filter" | "open" | "onFilter">;

function Incidents({ filter, open, onFilter }: IncidentsProps) {
  const { t } = useTranslation();
  const incidents = useInfiniteQuery(incidentsQuery(filter));
  const narrowed = Object.values(filter).some((value) => value !== undefined);
  return (
    <>
      <OnlyBuilding filter={filter} onFilter={onFilter} />
      {incidents.isPending && <LoadingRows count={8} height={72} />}
      {incidents.isError && incidents.data === undefined && (
        <ErrorState error={incidents.error} onRetry={() => incidents.refetch()} />
      )}
      {incidents.data?.length === 0 &&
        (narrowed ? (
          <EmptyState
            title={t("incidents.none_found_title")}
            text={t("incidents.none_found_text")}
            action={
              <Button onClick={() => onFilter({ status: "all" })}>{t("incidents.show_all")}</Button>
            }
          />
        ) : (
          <EmptyState
            title={t("incidents.empty_title")}
            text={t("incidents.empty_text")}
            action={
              <Button onClick={() => onFilter({ status: "all" })}>{t("incidents.show_all")}</Button>
            }
          />
        ))}
      {incidents.data !== undefined && incidents.data.length > 0 && (
        <ul className={openRows.rows} aria-label={t("incidents.title")} onKeyDown={moveRowFocus}>
          {incidents.data.map((incident) => (
            <IncidentRow
              key={incident.id}
              incident={incident}
              filter={filter}
              open={incident.id === open}
            />
          ))}
        </ul>
      )}
      {incidents.hasNextPage && (
        <Button
          className={classes.more}
          loading={incidents.isFetchingNextPage}
          onClick={() => incidents.fetchNextPage()}
        >
          {t("incidents.load_more")}
        </Button>
      )}
    </>
  );
}

type FilterProps = Pick<IncidentsPageProps, "filter" | "onFilter">;

/** The building that the address of the page narrows the list to, and the way out. */
function OnlyBuilding({ filter, onFilter }: FilterProps) {
  const { t } = useTranslation();
  const { building } = filter;
  const found = useQuery({ ...buildingQuery(building ?? 0), enabled: building !== undefined });
  if (building === undefined) {
    return null;
  }
  const name = found.data === undefined ? `#${building}` : streetLine(found.data.address, t);
  return (
    <Notice
      action={
        <Button onClick={() => onFilter({ ...filter, building: undefined })}>
          {t("incidents.filter.clear_building")}
        </Button>
      }
    >
      {t("incidents.filter.only_building", { building: found.isPending ? "…" : name })}
    </Notice>
  );
}

type IncidentRowProps = { incident: Incident; filter: IncidentFilter; open: boolean };

function IncidentRow({ incident, filter, open }: IncidentRowProps) {
  const { t } = useTranslation();
  const { id, kind, status, building, text, responsible } = incident;
  const address = streetLine(building.address, t);
  return (
    <li className={`${openRows.row} ${classes.row}`} data-open={open || undefined}>
      <div className={classes.what}>
        <Link
          to="/manage/incidents"
          search={{ ...filter, incident: id }}
          resetScroll={false}
          className={openRows.link}
          aria-label={t("incidents.open_incident", {
            kind: t(`incidents.kinds.${kind}`),
            building: address,
            status: t(`incidents.status.${status}`),
          })}
          aria-expanded={open}
          data-row-link
        >
          {t(`incidents.kinds.${kind}`)}
        </Link>
        {text !== "" && <span className={classes.excerpt}>{text}</span>}
      </div>
      <div className={classes.where}>
        <span>{address}</span>
        <span className={classes.quiet}>{cityLine(building.address)}</span>
      </div>
      <div className={classes.state}>
        <IncidentState status={status} />
        {responsible !== null && (
          <span className={classes.quiet}>{responsible.name || `#${responsible.id}`}</span>
        )}
      </div>
      <div className={classes.when}>
        <time dateTime={incident.opened_at}>{momentText(t, incident.opened_at)}</time>
        <span className={classes.by}>
          {t(`incidents.through.${incident.reported_through}`)}
          {incident.picture_count > 0 && (
            <span className={classes.pictures}>
              <IconPhoto size={16} role="img" aria-label={t("incidents.report_photos")} />
              {incident.picture_count}
            </span>
          )}
        </span>
      </div>
    </li>
  );
}

function Filters({ filter, onFilter }: FilterProps) {
  const { t } = useTranslation();
  const people = useQuery(officeQuery);
  return (
    <search className={classes.filters}>
      <SearchField
        placeholder={t("incidents.filter.search")}
        value={filter.q}
        onSearch={(q) => onFilter({ ...filter, q })}
      />
      <Select
        label={t("incidents.filter.status")}
        allowDeselect={false}
        data={[
          {
            value: "unresolved",
            label: t("incidents.filter.unresolved"),
          },
          ...incidentStatuses
            .filter((status) => status !== "unresolved")
            .map((status) => ({ value: status, label: t(`incidents.status.${status}`) })),
          { value: "all", label: t("incidents.filter.all") },
        ]}
        value={filter.status ?? "unresolved"}
        onChange={(status) =>
          onFilter({
            ...filter,
            status:
              status === null || status === "unresolved"
                ? undefined
                : (status as NonNullable<IncidentFilter["status"]>),
          })
        }
      />
      <Select
        label={t("incidents.filter.kind")}
        allowDeselect={false}
        data={[
          { value: "", label: t("incidents.filter.any_kind") },
          ...incidentKinds.map((kind) => ({ value: kind, label: t(`incidents.kinds.${kind}`) })),
        ]}
        value={filter.kind ?? ""}
        onChange={(kind) =>
          onFilter({ ...filter, kind: kind ? (kind as IncidentKind) : undefined })
        }
      />
      <RegionFilter region={filter.region} onChange={(region) => onFilter({ ...filter, region })} />
      <Select
        label={t("incidents.filter.responsible")}
        allowDeselect={false}
        data={[
          { value: "", label: t("incidents.filter.anybody") },
          ...(people.data ?? []).map((user) => ({ value: String(user.id), label: fullName(user) })),
        ]}
        value={filter.responsible === undefined ? "" : String(filter.responsible)}
        onChange={(id) => onFilter({ ...filter, responsible: id ? Number(id) : undefined })}
      />
    </search>
  );
}
