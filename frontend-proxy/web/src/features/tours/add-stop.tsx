import { Button, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Region } from "@/shared/api/types";
import { EmptyState } from "@/shared/ui/view-states";
import { stopChoicesQuery } from "./queries";
import type { StopBuilding } from "./stops-editor";

type AddStopProps = {
  region: Region;
  /** Buildings that are stops already. */
  present: readonly number[];
  onAdd: (building: StopBuilding) => void;
};

/** Looks for a building of the region and makes it a stop. */
export function AddStop({ region, present, onAdd }: AddStopProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [q] = useDebouncedValue(search.trim(), 250);
  const buildings = useQuery(stopChoicesQuery(region.id, q));
  const choices = (buildings.data ?? []).filter(({ id }) => !present.includes(id));
  if (q === "" && buildings.data?.length === 0) {
    return (
      <EmptyState
        title={t("tours.no_buildings_title", { region: region.name })}
        text={t("tours.no_buildings_text")}
        action={
          <Button
            variant="signal"
            renderRoot={(props) => (
              <Link to="/manage/buildings" search={{ building: "new" }} {...props} />
            )}
          >
            {t("building.add")}
          </Button>
        }
      />
    );
  }
  return (
    <Select
      label={t("tours.add_stop")}
      placeholder={t("tours.add_stop_placeholder", { region: region.name })}
      searchable
      value={null}
      searchValue={search}
      onSearchChange={setSearch}
      // The server has looked already, in more than the label.
      filter={({ options }) => options}
      nothingFoundMessage={buildings.isFetching ? t("app.loading") : t("tours.nothing_to_add")}
      data={choices.map((building) => ({
        value: String(building.id),
        label: [
          streetLine(building.address, t),
          ...(building.name === `${building.address.street} ${building.address.house_number}`
            ? []
            : [building.name]),
        ].join(" · "),
      }))}
      error={buildings.isError ? t("page.load_failed") : undefined}
      onChange={(value) => {
        const building = choices.find(({ id }) => String(id) === value);
        if (building !== undefined) {
          onAdd(building);
          setSearch("");
        }
      }}
    />
  );
}
