import { useMediaQuery } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import type { Building } from "@/shared/api/types";
import { syndicNames } from "@/shared/buildings/syndic-names";
import classes from "./building-list.module.css";
import { FrontThumbnail } from "./front-thumbnail";
import type { BuildingFilter } from "./queries";

type BuildingListProps = {
  buildings: Building[];
  /** What the list shows, to which the page of a building leads back. */
  filter: BuildingFilter;
};

/** A table where there is room for one, else a list. */
export function BuildingList(props: BuildingListProps) {
  const wide = useMediaQuery("(min-width: 900px)", false, { getInitialValueInEffect: false });
  return wide ? <BuildingTable {...props} /> : <BuildingCards {...props} />;
}

function BuildingTable({ buildings, filter }: BuildingListProps) {
  const { t } = useTranslation();
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{t("building.address")}</th>
          <th scope="col">{t("building.name")}</th>
          <th scope="col">{t("buildings.region")}</th>
          <th scope="col">{t("building.syndics")}</th>
          <th scope="col" className={classes.number}>
            {t("building.agreed_short")}
          </th>
        </tr>
      </thead>
      <tbody>
        {buildings.map((building) => (
          <tr key={building.id}>
            <th scope="row">
              <div className={classes.address}>
                <FrontThumbnail photo={building.photo} />
                <div>
                  <BuildingLink id={building.id} filter={filter} className={classes.open}>
                    {streetLine(building.address, t)}
                  </BuildingLink>
                  <span className={classes.quiet}>{cityLine(building.address)}</span>
                </div>
              </div>
            </th>
            <td>{building.name}</td>
            <td>{building.region.name}</td>
            <td>{syndicNames(building) || "–"}</td>
            <td className={classes.number}>
              {t("app.minutes_short", { count: building.agreed_minutes })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function BuildingCards({ buildings, filter }: BuildingListProps) {
  const { t } = useTranslation();
  return (
    <ul className={classes.cards} aria-label={t("building.title")}>
      {buildings.map((building) => (
        <li key={building.id}>
          <BuildingLink id={building.id} filter={filter} className={classes.card}>
            <FrontThumbnail photo={building.photo} />
            <span className={classes.cardText}>
              <span className={classes.cardTitle}>{streetLine(building.address, t)}</span>
              <span className={classes.quiet}>
                {building.name}, {cityLine(building.address)}
              </span>
              <span className={classes.quiet}>
                {building.region.name} ·{" "}
                {t("app.minutes_short", { count: building.agreed_minutes })}
                {building.syndics.length > 0 && ` · ${syndicNames(building)}`}
              </span>
            </span>
          </BuildingLink>
        </li>
      ))}
    </ul>
  );
}

type BuildingLinkProps = {
  id: number;
  filter: BuildingFilter;
  className: string | undefined;
  children: ReactNode;
};

/** Leads to the page of the building. */
function BuildingLink({ id, filter, className, children }: BuildingLinkProps) {
  return (
    <Link
      to="/manage/buildings/$buildingId"
      params={{ buildingId: id }}
      search={filter}
      className={className ?? ""}
    >
      {children}
    </Link>
  );
}
