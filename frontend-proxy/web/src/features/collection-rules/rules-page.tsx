import { Button, Select, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { CollectionRule } from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";
import { nearDayText } from "@/shared/dates";
import { RegionFilter } from "@/shared/regions/region-filter";
import listPage from "@/shared/ui/list-page.module.css";
import openRows from "@/shared/ui/open-rows.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { moveRowFocus } from "@/shared/ui/row-keys";
import { SearchField } from "@/shared/ui/search-field";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { useToday } from "@/shared/use-today";
import { CollectionTabs } from "@/shared/waste/collection-tabs";
import { ruleSentence } from "@/shared/waste/rule-words";
import { useCollectionEvents } from "@/shared/waste/use-collection-events";
import { useWasteKinds, wasteKindName } from "@/shared/waste/use-waste-kinds";
import { WasteSwatch } from "@/shared/waste/waste-kind";
import { buildingsFoundQuery, type RuleFilter, rulesQuery, tourChoicesQuery } from "./queries";
import classes from "./rules-page.module.css";
import { isRuleState, ruleStates } from "./states";
import { targetText } from "./target-text";

type RulesPageProps = { filter: RuleFilter; onFilter: (filter: RuleFilter) => void };

/** The rules from which collections are made, for the office. */
export function RulesPage({ filter, onFilter }: RulesPageProps) {
  const { t } = useTranslation();
  const rules = useInfiniteQuery(rulesQuery(filter));
  useCollectionEvents();
  return (
    <div className={listPage.page}>
      <PageTitle>{t("rules.title")}</PageTitle>
      <header className={listPage.header}>
        <Title order={1}>{t("rules.title")}</Title>
        <Button
          variant="signal"
          leftSection={<IconPlus size={20} aria-hidden />}
          renderRoot={(props) => (
            <Link to="/manage/collection-rules/$ruleId" params={{ ruleId: "new" }} {...props} />
          )}
        >
          {t("rules.add")}
        </Button>
      </header>
      <CollectionTabs />
      <Filters filter={filter} onFilter={onFilter} />
      {rules.isPending && <LoadingRows count={6} height={76} />}
      {rules.isError && rules.data === undefined && (
        <ErrorState error={rules.error} onRetry={() => rules.refetch()} />
      )}
      {rules.data?.length === 0 && <NoRules filter={filter} onClear={() => onFilter({})} />}
      {rules.data !== undefined && rules.data.length > 0 && (
        <ul className={openRows.rows} aria-label={t("rules.title")} onKeyDown={moveRowFocus}>
          {rules.data.map((rule) => (
            <RuleRow key={rule.id} rule={rule} />
          ))}
        </ul>
      )}
      {rules.hasNextPage && (
        <Button
          className={classes.more ?? ""}
          loading={rules.isFetchingNextPage}
          onClick={() => rules.fetchNextPage()}
        >
          {t("rules.more")}
        </Button>
      )}
    </div>
  );
}

function RuleRow({ rule }: { rule: CollectionRule }) {
  const { t, i18n } = useTranslation();
  const kinds = useWasteKinds();
  const today = useToday();
  const held =
    rule.held_from !== "" &&
    rule.held_from <= today &&
    (rule.held_until === "" || rule.held_until >= today);
  return (
    <li className={`${openRows.row} ${classes.row}`}>
      <WasteSwatch kind={kinds.kind(rule.type)} size={32} />
      <div className={classes.what}>
        <Link
          to="/manage/collection-rules/$ruleId"
          params={{ ruleId: rule.id }}
          className={openRows.link}
          data-row-link
        >
          {kinds.name(rule.type)} · {targetText(rule, t)}
        </Link>
        <span>{ruleSentence(rule, t, i18n.language)}</span>
        {rule.note !== "" && <span className={classes.quiet}>{rule.note}</span>}
      </div>
      <div className={classes.next}>
        {rule.archived ? (
          <span className={classes.state}>{t("rules.state_archived")}</span>
        ) : (
          <>
            {held && <span className={classes.state}>{t("rules.state_held")}</span>}
            <span className={classes.quiet}>
              {rule.next_date === ""
                ? t("rules.no_next")
                : t("rules.next", { date: nearDayText(rule.next_date, t, i18n.language) })}
            </span>
          </>
        )}
      </div>
    </li>
  );
}

function NoRules({ filter, onClear }: { filter: RuleFilter; onClear: () => void }) {
  const { t } = useTranslation();
  if (Object.values(filter).some((value) => value !== undefined)) {
    return (
      <EmptyState
        title={t("rules.none_found_title")}
        text={t("rules.none_found_text")}
        action={<Button onClick={onClear}>{t("rules.clear")}</Button>}
      />
    );
  }
  return <EmptyState title={t("rules.empty_title")} text={t("rules.empty_text")} />;
}

function Filters({ filter, onFilter }: RulesPageProps) {
  const { t, i18n } = useTranslation();
  const kinds = useWasteKinds();
  const tours = useQuery(tourChoicesQuery);
  const any = { value: "", label: t("rules.any") };
  return (
    <search className={classes.filters}>
      <SearchField
        placeholder={t("rules.search_placeholder")}
        value={filter.q}
        onSearch={(q) => onFilter({ ...filter, q })}
      />
      <Select
        label={t("rules.kind")}
        allowDeselect={false}
        data={[
          any,
          ...kinds.all.map((kind) => ({
            value: kind.code,
            label: wasteKindName(kind, i18n.language),
          })),
        ]}
        value={filter.type ?? ""}
        onChange={(type) => onFilter({ ...filter, type: type || undefined })}
      />
      <RegionFilter region={filter.region} onChange={(region) => onFilter({ ...filter, region })} />
      <Select
        label={t("rules.tour")}
        allowDeselect={false}
        searchable
        data={[
          any,
          ...(tours.data ?? []).map(({ id, name }) => ({ value: String(id), label: name })),
        ]}
        value={filter.tour === undefined ? "" : String(filter.tour)}
        onChange={(tour) => onFilter({ ...filter, tour: tour ? Number(tour) : undefined })}
      />
      <BuildingFilter
        building={filter.building}
        onChange={(building) => onFilter({ ...filter, building })}
      />
      <Select
        label={t("rules.state")}
        allowDeselect={false}
        data={[
          { value: "", label: t("rules.state_in_use") },
          ...ruleStates.map((state) => ({ value: state, label: t(`rules.state_${state}`) })),
        ]}
        value={filter.state ?? ""}
        onChange={(state) => onFilter({ ...filter, state: isRuleState(state) ? state : undefined })}
      />
    </search>
  );
}

type BuildingFilterProps = {
  building: number | undefined;
  onChange: (building: number | undefined) => void;
};

function BuildingFilter({ building, onChange }: BuildingFilterProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [q] = useDebouncedValue(search.trim().slice(0, 100), 250);
  const chosen = useQuery({ ...buildingQuery(building ?? 0), enabled: building !== undefined });
  // The label of what is chosen stands in the field: nobody searches for it.
  const label = chosen.data === undefined ? undefined : streetLine(chosen.data.address, t);
  const found = useQuery(buildingsFoundQuery(q === label ? "" : q));
  const choices = new Map(
    (found.data ?? []).map(({ id, address }) => [id, streetLine(address, t)]),
  );
  if (building !== undefined) {
    choices.set(building, label ?? `#${building}`);
  }
  return (
    <Select
      label={t("rules.building")}
      placeholder={t("rules.any")}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("rules.building_clear") }}
      searchValue={search}
      onSearchChange={setSearch}
      // The server has searched, in more than the label.
      filter={({ options }) => options}
      nothingFoundMessage={found.isFetching ? t("app.loading") : t("rules.buildings_none")}
      data={[...choices].map(([id, text]) => ({ value: String(id), label: text }))}
      value={building === undefined ? null : String(building)}
      error={chosen.isError ? t("rules.building_unknown") : undefined}
      onChange={(value) => onChange(value === null ? undefined : Number(value))}
    />
  );
}
