import { Button, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import type { Building } from "@/shared/api/types";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { FrontThumbnail } from "./front-thumbnail";
import classes from "./my-buildings-page.module.css";
import { buildingsQuery } from "./queries";

/** A syndic's buildings. */
export function MyBuildingsPage() {
  const { t } = useTranslation();
  const buildings = useInfiniteQuery(buildingsQuery());
  const items = buildings.data;
  return (
    <div className={classes.page}>
      <PageTitle>{t("buildings.title")}</PageTitle>
      <Title order={1}>{t("buildings.title")}</Title>
      {buildings.isPending && <LoadingRows count={4} height={88} />}
      {buildings.isError && items === undefined && (
        <ErrorState error={buildings.error} onRetry={() => buildings.refetch()} />
      )}
      {items?.length === 0 && (
        <EmptyState title={t("buildings.empty_title")} text={t("buildings.empty_text")} />
      )}
      {items !== undefined && items.length > 0 && (
        <ul className={classes.list} aria-label={t("buildings.title")}>
          {items.map((building) => (
            <BuildingRow key={building.id} building={building} />
          ))}
        </ul>
      )}
      {buildings.hasNextPage && (
        <Button loading={buildings.isFetchingNextPage} onClick={() => buildings.fetchNextPage()}>
          {t("buildings.more")}
        </Button>
      )}
    </div>
  );
}

function BuildingRow({ building }: { building: Building }) {
  const { t } = useTranslation();
  const street = streetLine(building.address, t);
  return (
    <li className={classes.row}>
      <FrontThumbnail photo={building.photo} />
      <div className={classes.about}>
        <h2 className={classes.name}>
          <Link to="/my-buildings/$buildingId" params={{ buildingId: building.id }}>
            {building.name === "" ? street : building.name}
          </Link>
        </h2>
        <span className={classes.quiet}>
          {building.name === "" || building.name === street ? "" : `${street}, `}
          {cityLine(building.address)}
        </span>
      </div>
      <dl className={classes.facts}>
        <div>
          <dt>{t("buildings.region")}</dt>
          <dd>{building.region.name}</dd>
        </div>
        <div>
          <dt>{t("buildings.agreed")}</dt>
          <dd>{t("app.minutes_short", { count: building.agreed_minutes })}</dd>
        </div>
      </dl>
    </li>
  );
}
