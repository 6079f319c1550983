import { MultiSelect, SegmentedControl, Select } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import { regionChoicesQuery } from "@/shared/regions/region-choices";
import { buildingsFoundQuery, tourChoicesQuery } from "./queries";
import classes from "./rule-form.module.css";
import { type RuleValues, targets } from "./rule-values";

type PartProps = { form: UseFormReturnType<RuleValues> };

/** For which buildings a rule is: some by name, the stops of a tour, or those of a region. */
export function TargetFields({ form }: PartProps) {
  const { t } = useTranslation();
  const id = useId();
  const { target } = form.values;
  return (
    <div className={classes.group}>
      <div className={classes.labelled}>
        <span id={id} className={classes.label}>
          {t("rules.target")}
        </span>
        <SegmentedControl
          aria-labelledby={id}
          className={classes.segments ?? ""}
          data={targets.map((value) => ({ value, label: t(`rules.targets.${value}`) }))}
          {...form.getInputProps("target")}
        />
      </div>
      {target === "buildings" && <BuildingsField form={form} />}
      {target === "tour" && <TourField form={form} />}
      {target === "region" && <RegionField form={form} />}
    </div>
  );
}

function BuildingsField({ form }: PartProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [q] = useDebouncedValue(search.trim().slice(0, 100), 250);
  const found = useQuery(buildingsFoundQuery(q));
  const { buildings } = form.values;
  const labels = new Map(buildings.map(({ id, label }) => [id, label]));
  const choices = (found.data ?? []).map((building) => ({
    id: building.id,
    label: streetLine(building.address, t),
    detail: [building.name, cityLine(building.address)].filter((part) => part !== "").join(" · "),
  }));
  for (const { id, label } of choices) {
    labels.set(id, labels.get(id) ?? label);
  }
  return (
    <MultiSelect
      label={t("rules.buildings")}
      description={t("rules.buildings_hint")}
      placeholder={buildings.length === 0 ? t("rules.buildings_placeholder") : ""}
      searchable
      hidePickedOptions
      clearable
      clearButtonProps={{ "aria-label": t("rules.buildings_clear") }}
      maxValues={200}
      searchValue={search}
      onSearchChange={setSearch}
      // The server has searched, in more than the label.
      filter={({ options }) => options}
      nothingFoundMessage={found.isFetching ? t("app.loading") : t("rules.buildings_none")}
      data={[...labels].map(([id, label]) => ({ value: String(id), label }))}
      renderOption={({ option: { value, label } }) => (
        <span className={classes.option}>
          {label}
          <span className={classes.quiet}>
            {choices.find(({ id }) => String(id) === value)?.detail}
          </span>
        </span>
      )}
      value={buildings.map(({ id }) => String(id))}
      onChange={(ids) => {
        form.clearFieldError("buildings");
        form.setFieldValue(
          "buildings",
          ids.map((id) => ({ id: Number(id), label: labels.get(Number(id)) ?? `#${id}` })),
        );
      }}
      error={form.errors.buildings ?? (found.isError ? t("page.load_failed") : undefined)}
    />
  );
}

function TourField({ form }: PartProps) {
  const { t } = useTranslation();
  const tours = useQuery(tourChoicesQuery);
  return (
    <Select
      label={t("rules.tour")}
      description={t("rules.tour_hint")}
      placeholder={t("rules.tour_placeholder")}
      searchable
      allowDeselect={false}
      data={(tours.data ?? []).map(({ id, name, region }) => ({
        value: String(id),
        label: `${name} · ${region.name}`,
      }))}
      {...form.getInputProps("tour_id")}
      error={form.errors.tour_id ?? (tours.isError ? t("page.load_failed") : undefined)}
    />
  );
}

function RegionField({ form }: PartProps) {
  const { t } = useTranslation();
  const regions = useQuery(regionChoicesQuery);
  return (
    <Select
      label={t("rules.region")}
      description={t("rules.region_hint")}
      placeholder={t("rules.region_placeholder")}
      searchable
      allowDeselect={false}
      data={(regions.data ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
      {...form.getInputProps("region_id")}
      error={form.errors.region_id ?? (regions.isError ? t("page.load_failed") : undefined)}
    />
  );
}
