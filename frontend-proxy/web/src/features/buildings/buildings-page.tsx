import { Button, Switch, Title } from "@mantine/core";
import { IconCheck, IconMap2, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Building } from "@/shared/api/types";
import { RegionFilter } from "@/shared/regions/region-filter";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { SearchField } from "@/shared/ui/search-field";
import { EmptyState, ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { BuildingDrawer } from "./building-drawer";
import { BuildingList } from "./building-list";
import classes from "./buildings-page.module.css";
import { type BuildingFilter, buildingsQuery } from "./queries";

export type OpenBuilding = number | "new" | undefined;

type BuildingsPageProps = {
  filter: BuildingFilter;
  /** The building whose form is open. */
  open: OpenBuilding;
  onFilter: (filter: BuildingFilter) => void;
  onOpen: (building: OpenBuilding) => void;
};

/** All buildings, for the office. */
export function BuildingsPage({ filter, open, onFilter, onOpen }: BuildingsPageProps) {
  const { t } = useTranslation();
  const buildings = useInfiniteQuery(buildingsQuery(filter));
  const [saved, setSaved] = useState<{ building: Building; added: boolean }>();
  const filtered =
    filter.q !== undefined || filter.region !== undefined || filter.unplaced === true;
  const add = (
    <Button
      variant="signal"
      leftSection={<IconPlus size={20} aria-hidden />}
      onClick={() => onOpen("new")}
    >
      {t("building.add")}
    </Button>
  );
  return (
    <div className={classes.page}>
      <PageTitle>{t("building.title")}</PageTitle>
      <header className={listPage.header}>
        <Title order={1}>{t("building.title")}</Title>
        <div className={listPage.headerActions}>
          <Button
            className={classes.regions}
            leftSection={<IconMap2 size={20} aria-hidden />}
            renderRoot={(props) => <Link to="/manage/regions" {...props} />}
          >
            {t("regions.title")}
          </Button>
          {add}
        </div>
      </header>
      {saved !== undefined && (
        <Saved
          {...saved}
          shown={buildings.data?.some(({ id }) => id === saved.building.id) ?? true}
          onShow={() => onFilter({ q: saved.building.address.street })}
        />
      )}
      <Filters filter={filter} onFilter={onFilter} />
      {buildings.isPending && <LoadingRows count={6} height={60} />}
      {buildings.isError && buildings.data === undefined && (
        <ErrorState error={buildings.error} onRetry={() => buildings.refetch()} />
      )}
      {buildings.data !== undefined && buildings.data.length > 0 && (
        <BuildingList buildings={buildings.data} filter={filter} />
      )}
      {buildings.data?.length === 0 && (
        <NoBuildings
          filtered={filtered}
          archived={filter.archived === true}
          onClear={() => onFilter({})}
        />
      )}
      {buildings.hasNextPage && (
        <Button
          className={classes.more}
          loading={buildings.isFetchingNextPage}
          onClick={() => buildings.fetchNextPage()}
        >
          {t("buildings.more")}
        </Button>
      )}
      {open !== undefined && (
        <BuildingDrawer
          key={open}
          open={open}
          onSaved={(building) => {
            setSaved({ building, added: open === "new" });
            onOpen(undefined);
          }}
          onClose={() => onOpen(undefined)}
        />
      )}
    </div>
  );
}

type SavedProps = {
  building: Building;
  added: boolean;
  /** It is in the list below. */
  shown: boolean;
  onShow: () => void;
};

/** The word after saving; what a filter hides or a later page holds can be shown. */
function Saved({ building, added, shown, onShow }: SavedProps) {
  const { t } = useTranslation();
  const address = streetLine(building.address, t);
  return (
    <Notice
      icon={<IconCheck size={20} aria-hidden />}
      action={!shown && <Button onClick={onShow}>{t("building.show")}</Button>}
    >
      {added ? t("building.added", { address }) : t("building.saved", { address })}
    </Notice>
  );
}

type NoBuildingsProps = { filtered: boolean; archived: boolean; onClear: () => void };

function NoBuildings({ filtered, archived, onClear }: NoBuildingsProps) {
  const { t } = useTranslation();
  if (filtered) {
    return (
      <EmptyState
        title={t("building.none_found_title")}
        text={t("building.none_found_text")}
        action={<Button onClick={onClear}>{t("people.clear")}</Button>}
      />
    );
  }
  return archived ? (
    <EmptyState title={t("building.no_archived_title")} text={t("building.no_archived_text")} />
  ) : (
    <EmptyState title={t("building.empty_title")} text={t("building.empty_text")} />
  );
}

type FiltersProps = Pick<BuildingsPageProps, "filter" | "onFilter">;

function Filters({ filter, onFilter }: FiltersProps) {
  const { t } = useTranslation();
  return (
    <search className={classes.filters}>
      <SearchField
        placeholder={t("building.search_placeholder")}
        value={filter.q}
        onSearch={(q) => onFilter({ ...filter, q })}
      />
      <RegionFilter region={filter.region} onChange={(region) => onFilter({ ...filter, region })} />
      <Switch
        className={listPage.switch}
        label={t("building.show_unplaced")}
        checked={filter.unplaced === true}
        onChange={(event) =>
          onFilter({ ...filter, unplaced: event.currentTarget.checked ? true : undefined })
        }
      />
      <Switch
        className={listPage.switch}
        label={t("building.show_archived")}
        checked={filter.archived === true}
        onChange={(event) =>
          onFilter({ ...filter, archived: event.currentTarget.checked ? true : undefined })
        }
      />
    </search>
  );
}
