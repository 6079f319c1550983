import { Button, Title } from "@mantine/core";
import { IconCheck, IconNavigation } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, navigationURL, streetLine } from "@/shared/address";
import type { Building } from "@/shared/api/types";
import { buildingPlacesQuery } from "@/shared/buildings/building-places-query";
import { buildingQuery } from "@/shared/buildings/building-query";
import { mapStyleURL } from "@/shared/map/map-config";
import { PlaceMap } from "@/shared/map/place-map";
import type { Place } from "@/shared/map/projection";
import { BackLink } from "@/shared/ui/back-link";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { BuildingDrawer } from "./building-drawer";
import classes from "./building-page.module.css";
import { Collections } from "./collections";
import { Comments } from "./comments";
import { coordinatesText } from "./coordinates";
import { Front } from "./front";
import { History } from "./history";
import { Incidents } from "./incidents";
import { Manuals } from "./manuals";
import { PlannedVisits } from "./planned-visits";
import type { BuildingFilter, Period } from "./queries";
import { RenameDialog } from "./rename-dialog";
import { Residents } from "./residents";
import sections from "./sections.module.css";
import { useBuildingEvents } from "./use-building-events";
import { VisitTimeline } from "./visit-timeline";

type BuildingPageProps = {
  id: number;
  /** The days of which visits are shown. */
  period: Period;
  onPeriod: (period: Period) => void;
  /** What the office does here; undefined for a syndic. */
  office?: {
    editing: boolean;
    onEdit: (editing: boolean) => void;
    /** What the list showed, to which the page leads back. */
    list: BuildingFilter;
  };
};

/** One building: what is known of it, and what happened there. */
export function BuildingPage({ id, period, onPeriod, office }: BuildingPageProps) {
  const { t } = useTranslation();
  const building = useQuery(buildingQuery(id));
  const [saved, setSaved] = useState<string>();
  const [renaming, setRenaming] = useState(false);
  useBuildingEvents(id, office !== undefined);
  const back = office === undefined ? t("buildings.title") : t("building.title");
  const address = building.data === undefined ? back : streetLine(building.data.address, t);
  return (
    <div className={classes.page}>
      <PageTitle>{address}</PageTitle>
      {office === undefined ? (
        <BackLink to="/my-buildings">{back}</BackLink>
      ) : (
        <BackLink to="/manage/buildings" search={office.list}>
          {back}
        </BackLink>
      )}
      {building.isPending && <LoadingRows count={8} height={44} />}
      {building.isError && building.data === undefined && (
        <ErrorState error={building.error} onRetry={() => building.refetch()} />
      )}
      {building.data !== undefined && (
        <>
          <header className={listPage.header}>
            <Title order={1}>{building.data.name || address}</Title>
            {office !== undefined && (
              <div className={listPage.headerActions}>
                <Button
                  renderRoot={(props) => (
                    <Link to="/manage/mail" search={{ building: id }} {...props} />
                  )}
                >
                  {t("building.mail")}
                </Button>
                <Button
                  onClick={() => {
                    setSaved(undefined);
                    office.onEdit(true);
                  }}
                >
                  {t("building.edit")}
                </Button>
              </div>
            )}
            {office === undefined && !building.data.archived && (
              <div className={listPage.headerActions}>
                <Button
                  onClick={() => {
                    setSaved(undefined);
                    setRenaming(true);
                  }}
                >
                  {t("building.rename")}
                </Button>
              </div>
            )}
          </header>
          {saved !== undefined && (
            <Notice icon={<IconCheck size={20} aria-hidden />}>{saved}</Notice>
          )}
          {building.data.archived && <Notice>{t("building.is_archived")}</Notice>}
          <div className={classes.columns}>
            <div className={classes.column}>
              <Facts building={building.data} office={office !== undefined} />
              <Front building={building.data} office={office !== undefined} />
              {office !== undefined && <Comments buildingId={id} />}
              <Manuals
                buildingId={id}
                open={!building.data.archived}
                office={office !== undefined}
              />
              <Residents building={building.data} />
              {office !== undefined && <History buildingId={id} />}
            </div>
            <div className={classes.column}>
              <Collections
                buildingId={id}
                open={!building.data.archived}
                office={office !== undefined}
              />
              <Incidents buildingId={id} office={office !== undefined} />
              <PlannedVisits buildingId={id} />
              <VisitTimeline
                buildingId={id}
                address={address}
                period={period}
                onPeriod={onPeriod}
              />
            </div>
          </div>
        </>
      )}
      {renaming && building.data !== undefined && (
        <RenameDialog
          building={building.data}
          onSaved={(changed) => {
            setSaved(t("building.saved", { address: streetLine(changed.address, t) }));
            setRenaming(false);
          }}
          onClose={() => setRenaming(false)}
        />
      )}
      {office?.editing && (
        <BuildingDrawer
          open={id}
          onPage
          onSaved={(changed) => {
            setSaved(t("building.saved", { address: streetLine(changed.address, t) }));
            office.onEdit(false);
          }}
          onClose={() => office.onEdit(false)}
        />
      )}
    </div>
  );
}

function Facts({ building, office }: { building: Building; office: boolean }) {
  const { t } = useTranslation();
  const address = streetLine(building.address, t);
  return (
    <section aria-labelledby="facts" className={sections.section}>
      <h2 id="facts" className={sections.title}>
        {t("person.facts")}
      </h2>
      <dl className={classes.facts}>
        <Fact label={t("building.address")}>
          <span>
            {address}
            <br />
            {cityLine(building.address)}
          </span>
          <a
            className={classes.route}
            href={navigationURL(building.address, building.coordinates)}
            target="_blank"
            rel="noreferrer"
            aria-label={t("building.navigate_to", { address })}
          >
            <IconNavigation size={18} aria-hidden />
            {t("building.navigate")}
          </a>
        </Fact>
        <Fact label={t("buildings.region")}>{building.region.name}</Fact>
        {office && (
          <Fact label={t("building.syndics")}>
            {building.syndics.length === 0 && (
              <span className={sections.quiet}>{t("building.syndic_placeholder")}</span>
            )}
            <span className={classes.people}>
              {building.syndics.map(({ id, name }) => (
                <Link key={id} to="/people/$personId" params={{ personId: id }}>
                  {name || `#${id}`}
                </Link>
              ))}
            </span>
          </Fact>
        )}
        <Fact label={t("building.customer_number")}>
          {building.customer_number || <span className={sections.quiet}>–</span>}
        </Fact>
        {(office || building.coordinates !== null) && (
          <Fact label={t("building.coordinates")}>
            {coordinatesText(building.coordinates) || <span className={sections.quiet}>–</span>}
          </Fact>
        )}
        <Fact label={t("buildings.agreed")}>
          {t("app.minutes_short", { count: building.agreed_minutes })}
        </Fact>
      </dl>
      {building.coordinates !== null && (office || mapStyleURL() !== "") && (
        <BuildingMap building={building} place={building.coordinates} neighbours={office} />
      )}
    </section>
  );
}

type BuildingMapProps = { building: Building; place: Place; neighbours: boolean };

/** Where it stands: among the others of its region, for the office. A single point without streets tells a syndic nothing. */
function BuildingMap({ building, place, neighbours }: BuildingMapProps) {
  const { t } = useTranslation();
  const places = useQuery({ ...buildingPlacesQuery(building.region.id), enabled: neighbours });
  const address = streetLine(building.address, t);
  const points = useMemo(
    () => [
      ...(places.data?.points ?? [])
        .filter(({ id }) => id !== building.id)
        .map((other) => ({ key: other.id, place: other.place, label: other.address, quiet: true })),
      { key: building.id, place, label: address },
    ],
    [places.data, building.id, place, address],
  );
  return (
    <PlaceMap
      label={t("building.map_of", { address })}
      height={220}
      points={points}
      centre={place}
      grouped={points.length > 100}
    />
  );
}

type FactProps = { label: string; children: ReactNode };

function Fact({ label, children }: FactProps) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
