import { MultiSelect, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, fullName, streetLine } from "@/shared/address";
import type { Building, User } from "@/shared/api/types";
import { syndicNames } from "@/shared/buildings/syndic-names";
import { buildingsFoundQuery, peopleFoundQuery } from "./queries";
import classes from "./receiver-fields.module.css";

/** Somebody or something that is chosen, with what it was called then. */
export type Choice = { id: number; label: string; detail: string };

const typing = 250;
const longestSearch = 100;

export function personChoice(user: User): Choice {
  return { id: user.id, label: fullName(user), detail: user.email };
}

export function buildingChoice(building: Building, t: TFunction): Choice {
  const { name, address } = building;
  return {
    id: building.id,
    label: streetLine(address, t),
    detail: [name, cityLine(address)].filter((part) => part !== "").join(" · "),
  };
}

/** A building by the person who manages it. */
function syndicChoice(building: Building, t: TFunction): Choice {
  const { label } = buildingChoice(building, t);
  return { id: building.id, label, detail: syndicNames(building) || t("mail_write.no_syndic") };
}

type Search = { text: string; setText: (text: string) => void; asked: string };

function useSearch(): Search {
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim().slice(0, longestSearch), typing);
  return { text, setText, asked };
}

function usePeople(): { search: Search; found: Choice[]; failed: boolean } {
  const search = useSearch();
  const people = useQuery(peopleFoundQuery(search.asked));
  return { search, found: (people.data ?? []).map(personChoice), failed: people.isError };
}

function useBuildings(choice: (building: Building, t: TFunction) => Choice) {
  const { t } = useTranslation();
  const search = useSearch();
  const buildings = useQuery(buildingsFoundQuery(search.asked));
  return {
    search,
    found: (buildings.data ?? []).map((building) => choice(building, t)),
    failed: buildings.isError,
  };
}

function optionsOf(found: readonly Choice[], chosen: readonly Choice[]) {
  const all = new Map([...chosen, ...found].map((choice) => [choice.id, choice]));
  return [...all.values()].map(({ id, label }) => ({ value: String(id), label }));
}

/** Looks a choice up, to show what it is besides its name. */
function option(choices: readonly Choice[]) {
  return ({ option: { value, label } }: { option: { value: string; label: string } }) => (
    <span className={classes.option}>
      {label}
      <span className={classes.detail}>
        {choices.find(({ id }) => String(id) === value)?.detail}
      </span>
    </span>
  );
}

// The server has searched.
const asFound = ({ options }: { options: unknown[] }) => options as never;

type ManyProps = {
  label: string;
  description?: string;
  placeholder: string;
  chosen: readonly Choice[];
  onChange: (chosen: Choice[]) => void;
  error: string | undefined;
};

type FieldOfManyProps = ManyProps & ReturnType<typeof usePeople>;

function FieldOfMany({ chosen, onChange, search, found, failed, ...input }: FieldOfManyProps) {
  const { t } = useTranslation();
  const choices = [...chosen, ...found];
  return (
    <MultiSelect
      {...input}
      placeholder={chosen.length === 0 ? input.placeholder : ""}
      error={input.error ?? (failed ? t("page.load_failed") : undefined)}
      searchable
      hidePickedOptions
      nothingFoundMessage={t("mail_write.nothing_found")}
      searchValue={search.text}
      onSearchChange={search.setText}
      filter={asFound}
      data={optionsOf(found, chosen)}
      renderOption={option(choices)}
      value={chosen.map(({ id }) => String(id))}
      onChange={(values) =>
        onChange(values.flatMap((value) => choices.find(({ id }) => String(id) === value) ?? []))
      }
    />
  );
}

/** Chooses people among all active accounts. */
export function PeopleField(props: ManyProps) {
  return <FieldOfMany {...props} {...usePeople()} />;
}

/** Chooses buildings, for those who manage them. */
export function SyndicsField(props: ManyProps) {
  return <FieldOfMany {...props} {...useBuildings(syndicChoice)} />;
}

type OneProps = {
  label: string;
  description?: string;
  placeholder: string;
  chosen: Choice | undefined;
  onChange: (chosen: Choice | undefined) => void;
  error?: string | undefined;
  clearable?: boolean;
};

type FieldOfOneProps = OneProps & ReturnType<typeof usePeople>;

function FieldOfOne({ chosen, onChange, search, found, failed, ...input }: FieldOfOneProps) {
  const { t } = useTranslation();
  const choices = chosen === undefined ? found : [chosen, ...found];
  return (
    <Select
      {...input}
      error={input.error ?? (failed ? t("page.load_failed") : undefined)}
      allowDeselect={false}
      clearButtonProps={{ "aria-label": t("mail_write.clear_choice", { label: input.label }) }}
      searchable
      nothingFoundMessage={t("mail_write.nothing_found")}
      // What is chosen stands in the field and is no search.
      onSearchChange={(text) => search.setText(text === chosen?.label ? "" : text)}
      filter={asFound}
      data={optionsOf(found, chosen === undefined ? [] : [chosen])}
      renderOption={option(choices)}
      value={chosen === undefined ? null : String(chosen.id)}
      onChange={(value) => onChange(choices.find(({ id }) => String(id) === value))}
    />
  );
}

/** Chooses one person. */
export function PersonField(props: OneProps) {
  return <FieldOfOne {...props} {...usePeople()} />;
}

/** Chooses one building. */
export function BuildingField(props: OneProps) {
  return <FieldOfOne {...props} {...useBuildings(buildingChoice)} />;
}
