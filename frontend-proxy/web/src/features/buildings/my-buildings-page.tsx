import { Button, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import type { Building } from "@/shared/api/types";
import { nearDayText, nearMomentText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { WasteKindLabel } from "@/shared/waste/waste-kind";
import { FrontThumbnail } from "./front-thumbnail";
import classes from "./my-buildings-page.module.css";
import { buildingsQuery } from "./queries";

/** A syndic's buildings. */
export function MyBuildingsPage() {
  const { t } = useTranslation();
  const buildings = useInfiniteQuery(buildingsQuery({ outlook: true }));
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
          <dt>{t("buildings.last_visit")}</dt>
          <dd>
            <LastVisit outlook={building.outlook} />
          </dd>
        </div>
        <div>
          <dt>{t("buildings.next_collection")}</dt>
          <dd>
            <NextCollection outlook={building.outlook} />
          </dd>
        </div>
      </dl>
    </li>
  );
}

type OutlookProps = { outlook: Building["outlook"] };

function LastVisit({ outlook }: OutlookProps) {
  const { t } = useTranslation();
  if (!outlook?.last_visit_at) {
    return t("buildings.no_visit");
  }
  const moment = nearMomentText(outlook.last_visit_at, t, currentLanguage());
  if (outlook.last_outcome === "done") {
    return moment;
  }
  return (
    <>
      {moment}
      {", "}
      <strong className={classes.notDone}>
        {t(outlook.last_outcome === "skipped" ? "buildings.skipped" : "buildings.failed")}
      </strong>
    </>
  );
}

function NextCollection({ outlook }: OutlookProps) {
  const { t } = useTranslation();
  if (!outlook?.next_date) {
    return t("buildings.no_collection");
  }
  return (
    <>
      {nearDayText(outlook.next_date, t, currentLanguage())}
      <ul className={classes.kinds}>
        {outlook.next_types.map((code) => (
          <li key={code}>
            <WasteKindLabel code={code} size={20} />
          </li>
        ))}
      </ul>
    </>
  );
}
