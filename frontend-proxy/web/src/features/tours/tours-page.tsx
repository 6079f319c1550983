import { Button, Switch, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { TourDetail } from "@/shared/api/types";
import { RegionFilter } from "@/shared/regions/region-filter";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { type TourFilter, toursQuery } from "./queries";
import { TourDialog } from "./tour-dialog";
import classes from "./tours-page.module.css";

type ToursPageProps = {
  filter: TourFilter;
  onFilter: (filter: TourFilter) => void;
  onMade: (tour: TourDetail) => void;
};

/** All tours, for the office. */
export function ToursPage({ filter, onFilter, onMade }: ToursPageProps) {
  const { t } = useTranslation();
  const tours = useInfiniteQuery(toursQuery(filter));
  const [adding, setAdding] = useState(false);
  return (
    <div className={classes.page}>
      <PageTitle>{t("tours.title")}</PageTitle>
      <header className={listPage.header}>
        <Title order={1}>{t("tours.title")}</Title>
        <Button
          variant="signal"
          leftSection={<IconPlus size={20} aria-hidden />}
          onClick={() => setAdding(true)}
        >
          {t("tours.add")}
        </Button>
      </header>
      <search className={classes.filters}>
        <RegionFilter
          region={filter.region}
          onChange={(region) => onFilter({ ...filter, region })}
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
      {tours.isPending && <LoadingRows count={6} height={60} />}
      {tours.isError && tours.data === undefined && (
        <ErrorState error={tours.error} onRetry={() => tours.refetch()} />
      )}
      {tours.data?.length === 0 && <NoTours filter={filter} onClear={() => onFilter({})} />}
      {tours.data !== undefined && tours.data.length > 0 && (
        <ul className={classes.tours} aria-label={t("tours.title")}>
          {tours.data.map((tour) => (
            <li key={tour.id} className={classes.tour}>
              <Link
                to="/manage/tours/$tourId"
                params={{ tourId: tour.id }}
                className={classes.link}
              >
                {tour.name}
              </Link>
              <span className={classes.quiet}>{tour.region.name}</span>
              <span className={classes.quiet}>
                {t("tours.stop_count", { count: tour.stop_count })}
                {tour.archived_stop_count > 0 &&
                  `, ${t("tours.archived_stops", { count: tour.archived_stop_count })}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {tours.hasNextPage && (
        <Button
          className={classes.more}
          loading={tours.isFetchingNextPage}
          onClick={() => tours.fetchNextPage()}
        >
          {t("buildings.more")}
        </Button>
      )}
      {adding && <TourDialog tour={undefined} onClose={() => setAdding(false)} onSaved={onMade} />}
    </div>
  );
}

function NoTours({ filter, onClear }: { filter: TourFilter; onClear: () => void }) {
  const { t } = useTranslation();
  if (filter.region !== undefined) {
    return (
      <EmptyState
        title={t("tours.none_found_title")}
        text={t("tours.none_found_text")}
        action={<Button onClick={onClear}>{t("people.clear")}</Button>}
      />
    );
  }
  return filter.archived ? (
    <EmptyState title={t("tours.no_archived_title")} text={t("building.no_archived_text")} />
  ) : (
    <EmptyState title={t("tours.empty_title")} text={t("tours.empty_text")} />
  );
}
