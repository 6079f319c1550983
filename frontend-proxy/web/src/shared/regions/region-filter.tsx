import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { regionChoicesQuery } from "./region-choices";

type RegionFilterProps = {
  region: number | undefined;
  onChange: (region: number | undefined) => void;
};

/** Narrows a list to one region. */
export function RegionFilter({ region, onChange }: RegionFilterProps) {
  const { t } = useTranslation();
  const { data = [], isSuccess } = useQuery(regionChoicesQuery);
  const unknown = isSuccess && region !== undefined && !data.some(({ id }) => id === region);
  return (
    <Select
      label={t("buildings.region")}
      allowDeselect={false}
      data={[
        { value: "", label: t("building.all_regions") },
        ...data.map(({ id, name }) => ({ value: String(id), label: name })),
      ]}
      error={unknown && t("buildings.region_unknown")}
      value={region === undefined ? "" : String(region)}
      onChange={(value) => onChange(value === null || value === "" ? undefined : Number(value))}
    />
  );
}
