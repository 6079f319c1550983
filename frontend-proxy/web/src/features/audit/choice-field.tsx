import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { NamedKind } from "./kinds";
import { choiceQuery, choicesQuery } from "./queries";

type ChoiceFieldProps = {
  label: string;
  kind: NamedKind;
  /** What stands there while nothing is chosen. */
  all: string;
  value: number | undefined;
  onChange: (id: number | undefined) => void;
};

/** Chooses a person, a building, a tour or a region by name. */
export function ChoiceField({ label, kind, all, value, onChange }: ChoiceFieldProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [q] = useDebouncedValue(search.trim(), 250);
  // The server searches where there may be many; the name that is chosen is no search.
  const searched = kind === "account" || kind === "building";
  const chosen = useQuery({
    ...choiceQuery(kind, value ?? 0, t),
    enabled: value !== undefined,
  });
  const asked = searched && q !== chosen.data?.label ? q : "";
  const choices = useQuery(choicesQuery(kind, asked, t));
  const name = chosen.data?.label || (chosen.isPending ? t("app.loading") : `${label} ${value}`);
  const data = (choices.data ?? []).filter(({ id }) => id !== value);
  return (
    <Select
      label={label}
      placeholder={all}
      searchable
      clearable
      // Mantine hides it from who does not use a pointer.
      clearButtonProps={{
        "aria-label": t("audit.clear", { field: label }),
        "aria-hidden": undefined,
        tabIndex: 0,
      }}
      value={value === undefined ? null : String(value)}
      searchValue={search}
      onSearchChange={setSearch}
      {...(searched ? { filter: ({ options }) => options } : {})}
      nothingFoundMessage={choices.isFetching ? t("app.loading") : t("audit.nothing_to_choose")}
      data={[
        ...(value === undefined ? [] : [{ value: String(value), label: name }]),
        ...data.map(({ id, label }) => ({ value: String(id), label })),
      ]}
      error={choices.isError ? t("page.load_failed") : undefined}
      onChange={(id) => onChange(id === null ? undefined : Number(id))}
    />
  );
}
