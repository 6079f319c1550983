import { MultiSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { api, unwrap } from "@/shared/api/client";
import { queryKeys } from "@/shared/api/query-keys";
import type { Address } from "@/shared/api/types";

type KnownBuilding = { id: number; address: Address };

function buildingSearchQuery(q: string) {
  return queryOptions({
    queryKey: [...queryKeys.buildings, "search", q],
    queryFn: async ({ signal }): Promise<KnownBuilding[]> => {
      const page = await unwrap(
        api().GET("/buildings", {
          params: { query: { limit: 30, ...(q !== "" && { q }) } },
          signal,
        }),
      );
      return page.items;
    },
    placeholderData: keepPreviousData,
  });
}

type BuildingsFieldProps = {
  label: string;
  placeholder: string;
  /** Buildings whose names are known already. */
  known: readonly KnownBuilding[];
  value: readonly number[];
  onChange: (ids: number[]) => void;
  error?: ReactNode;
};

/** Chooses buildings by searching for them. */
export function BuildingsField({
  label,
  placeholder,
  known,
  value,
  onChange,
  error,
}: BuildingsFieldProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [opened, setOpened] = useState(false);
  const [q] = useDebouncedValue(search.trim(), 250);
  const found = useQuery({ ...buildingSearchQuery(q), enabled: opened });
  // Who was chosen keeps the name after another search.
  const [names, setNames] = useState<ReadonlyMap<number, string>>(new Map());
  const nameOf = new Map(
    [...(found.data ?? []), ...known].map(({ id, address }) => [id, streetLine(address, t)]),
  );
  const ids = [...new Set([...(found.data ?? []).map(({ id }) => id), ...value])];
  return (
    <MultiSelect
      label={label}
      placeholder={value.length === 0 ? placeholder : ""}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("collections.clear_buildings") }}
      maxValues={200}
      searchValue={search}
      onSearchChange={setSearch}
      onDropdownOpen={() => setOpened(true)}
      // The server has looked already, in more than the address.
      filter={({ options }) => options}
      nothingFoundMessage={found.isFetching ? t("app.loading") : t("collections.no_building_found")}
      data={ids.map((id) => ({
        value: String(id),
        label: nameOf.get(id) ?? names.get(id) ?? `#${id}`,
      }))}
      value={value.map(String)}
      onChange={(chosen) => {
        const next = chosen.map(Number);
        setNames(new Map(next.map((id) => [id, nameOf.get(id) ?? names.get(id) ?? `#${id}`])));
        onChange(next);
      }}
      error={error}
    />
  );
}
