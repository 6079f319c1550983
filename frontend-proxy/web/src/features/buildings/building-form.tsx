import { Button, MultiSelect, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, fullName, streetLine } from "@/shared/address";
import type { Address, Building } from "@/shared/api/types";
import { buildingPlacesQuery } from "@/shared/buildings/building-places-query";
import { syndicNames } from "@/shared/buildings/syndic-names";
import { PlaceMap } from "@/shared/map/place-map";
import { changedMeanwhile, useRefusals } from "@/shared/refusals";
import { regionChoicesQuery } from "@/shared/regions/region-choices";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { EmptyState } from "@/shared/ui/view-states";
import { useStored } from "@/shared/use-stored";
import classes from "./building-form.module.css";
import { coordinatesText, readCoordinates } from "./coordinates";
import { syndicsQuery, useSaveBuilding } from "./queries";

type Values = {
  region_id: string | null;
  name: string;
  address: Address;
  syndic_ids: string[];
  tell_syndic: boolean;
  public_photos: boolean;
  customer_number: string;
  /** As it is typed. */
  coordinates: string;
  agreed_minutes: number | string;
};

// The form's fields are called as the API calls them.
const fields = {
  region_id: "region_id",
  name: "name",
  "address.street": "address.street",
  "address.house_number": "address.house_number",
  "address.bus": "address.bus",
  "address.postal_code": "address.postal_code",
  "address.city": "address.city",
  syndic_ids: "syndic_ids",
  tell_syndic: "tell_syndic",
  public_photos: "public_photos",
  customer_number: "customer_number",
  coordinates: "coordinates",
  agreed_minutes: "agreed_minutes",
} as const;

const noAddress: Address = { street: "", house_number: "", bus: "", postal_code: "", city: "" };

function valuesOf(building: Building | undefined): Values {
  return {
    region_id: building === undefined ? null : String(building.region.id),
    name: building?.name ?? "",
    address: building?.address ?? noAddress,
    syndic_ids: (building?.syndics ?? []).map(({ id }) => String(id)),
    tell_syndic: building?.tell_syndic ?? false,
    public_photos: building?.public_photos ?? false,
    customer_number: building?.customer_number ?? "",
    coordinates: coordinatesText(building?.coordinates ?? null),
    agreed_minutes: building?.agreed_minutes ?? 10,
  };
}

type BuildingFormProps = {
  /** Undefined for a new one. */
  building: Building | undefined;
  /** Asks for what is stored, after somebody else was faster. */
  onRefresh?: () => void;
  onSaved: (building: Building) => void;
  onClose: () => void;
};

// What a building that is added starts from.
const nothing = { version: 0 };

function factsOf(building: Building | typeof nothing): Values {
  return valuesOf("id" in building ? building : undefined);
}

/** Adds or changes a building. */
export function BuildingForm({ building, onRefresh, onSaved, onClose }: BuildingFormProps) {
  const { t } = useTranslation();
  const regions = useQuery(regionChoicesQuery);
  const needed = (message: string) => (value: string | null) =>
    value === null || value.trim() === "" ? message : null;
  const form = useForm<Values>({
    initialValues: valuesOf(building),
    validate: {
      region_id: needed(t("building.region_needed")),
      address: {
        street: needed(t("building.street_needed")),
        house_number: needed(t("building.house_number_needed")),
        postal_code: needed(t("building.postal_code_needed")),
        city: needed(t("building.city_needed")),
      },
      coordinates: (value) =>
        readCoordinates(value) === undefined ? t("building.coordinates_wrong") : null,
      agreed_minutes: (value) =>
        typeof value === "number" && value >= 1 && value <= 600
          ? null
          : t("building.agreed_needed"),
    },
  });
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored<
    Building | typeof nothing,
    Values
  >({
    stored: building ?? nothing,
    factsOf,
    mine: form.values,
    adopt: (changed) => form.setValues(factsOf(changed)),
  });
  const { guard, release } = useUnsavedGuard(dirty);
  const save = useSaveBuilding(building?.id);
  const refusals = useRefusals(form, fields, t("building.in_use"));
  const submit = (values: Values) =>
    save.mutate(
      {
        region_id: Number(values.region_id),
        name: values.name,
        address: values.address,
        syndic_ids: values.syndic_ids.map(Number),
        tell_syndic: values.tell_syndic,
        public_photos: values.public_photos,
        customer_number: values.customer_number,
        coordinates: readCoordinates(values.coordinates) ?? null,
        agreed_minutes: Number(values.agreed_minutes),
        version: base.version,
      },
      {
        onSuccess: (saved) => {
          release();
          onSaved(saved);
        },
        onError: (error) => {
          refusals.show(error);
          if (changedMeanwhile(error)) {
            onRefresh?.();
          }
        },
      },
    );
  const problem = changedMeanwhile(save.error)
    ? theirs === undefined
      ? t("changed.again")
      : undefined
    : refusals.problem(save.error);
  const decide = (decision: () => void) => () => {
    decision();
    save.reset();
  };

  if (regions.data?.length === 0) {
    return (
      <EmptyState
        title={t("setup.regions_title")}
        text={t("setup.regions_text")}
        action={
          <Button variant="signal" renderRoot={(props) => <Link to="/manage/regions" {...props} />}>
            {t("setup.regions_action")}
          </Button>
        }
      />
    );
  }
  return (
    <Form className={classes.form} busy={save.isPending} onSubmit={form.onSubmit(submit)}>
      {guard}
      {problem !== undefined && <FormError>{problem}</FormError>}
      {theirs !== undefined && "id" in theirs && (
        <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
          <TheirFacts building={theirs} mine={form.values} />
        </ChangedMeanwhile>
      )}
      <fieldset disabled={save.isPending} className={classes.fields}>
        <AddressFields form={form} />
        <TextInput
          label={t("building.name")}
          description={t("building.name_hint")}
          maxLength={200}
          {...form.getInputProps("name")}
        />
        <Select
          label={t("buildings.region")}
          placeholder={t("building.region_placeholder")}
          allowDeselect={false}
          searchable
          data={(regions.data ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
          {...form.getInputProps("region_id")}
          error={form.errors.region_id ?? (regions.isError ? t("page.load_failed") : undefined)}
        />
        <SyndicsSelect form={form} building={building} />
        {form.values.syndic_ids.length > 0 && (
          <Switch
            label={t("building.tell_syndic")}
            {...form.getInputProps("tell_syndic", { type: "checkbox" })}
          />
        )}
        <Switch
          label={t("resident.photos")}
          description={t("resident.photos_hint")}
          {...form.getInputProps("public_photos", { type: "checkbox" })}
        />
        <NumberInput
          label={t("buildings.agreed")}
          description={t("building.agreed_hint")}
          min={1}
          max={600}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          hideControls
          suffix={` ${t("building.minutes")}`}
          {...form.getInputProps("agreed_minutes")}
        />
        <TextInput
          label={t("building.customer_number")}
          description={t("building.customer_number_hint")}
          maxLength={40}
          autoComplete="off"
          {...form.getInputProps("customer_number")}
        />
        <PlaceFields form={form} buildingId={building?.id} />
      </fieldset>
      <div className={classes.formActions}>
        <Button type="submit" variant="signal" loading={save.isPending}>
          {building === undefined ? t("building.add_submit") : t("app.save")}
        </Button>
        <Button onClick={onClose}>{t("app.cancel")}</Button>
      </div>
    </Form>
  );
}

/** What the other version says where it differs from the form. */
function TheirFacts({ building, mine }: { building: Building; mine: Values }) {
  const { t } = useTranslation();
  const theirs = valuesOf(building);
  const address = `${streetLine(building.address, t)}, ${cityLine(building.address)}`;
  const differs: Record<string, boolean> = {
    [t("building.address")]: JSON.stringify(theirs.address) !== JSON.stringify(mine.address),
    [t("building.name")]: theirs.name !== mine.name,
    [t("buildings.region")]: theirs.region_id !== mine.region_id,
    [t("building.syndics")]: sorted(theirs.syndic_ids) !== sorted(mine.syndic_ids),
    [t("building.tell_syndic")]: theirs.tell_syndic !== mine.tell_syndic,
    [t("resident.photos")]: theirs.public_photos !== mine.public_photos,
    [t("building.customer_number")]: theirs.customer_number !== mine.customer_number,
    [t("building.coordinates")]: theirs.coordinates !== mine.coordinates,
    [t("buildings.agreed")]: theirs.agreed_minutes !== mine.agreed_minutes,
  };
  const says: Record<string, string> = {
    [t("building.address")]: address,
    [t("building.name")]: building.name,
    [t("buildings.region")]: building.region.name,
    [t("building.syndics")]: syndicNames(building) || "–",
    [t("building.tell_syndic")]: t(
      building.tell_syndic ? "mail_preferences.on" : "mail_preferences.off",
    ),
    [t("resident.photos")]: t(
      building.public_photos ? "mail_preferences.on" : "mail_preferences.off",
    ),
    [t("building.customer_number")]: building.customer_number || "–",
    [t("building.coordinates")]: theirs.coordinates || "–",
    [t("buildings.agreed")]: t("app.minutes_short", { count: building.agreed_minutes }),
  };
  return (
    <dl className={classes.theirs}>
      {Object.keys(says)
        .filter((label) => differs[label])
        .map((label) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{says[label]}</dd>
          </div>
        ))}
    </dl>
  );
}

function sorted(ids: readonly string[]): string {
  return [...ids].sort().join(" ");
}

type PartProps = { form: UseFormReturnType<Values> };

function AddressFields({ form }: PartProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.pair}>
      <TextInput
        className={classes.street ?? ""}
        label={t("building.street")}
        maxLength={200}
        data-autofocus
        autoComplete="off"
        {...form.getInputProps("address.street")}
      />
      <TextInput
        label={t("building.house_number")}
        maxLength={20}
        autoComplete="off"
        {...form.getInputProps("address.house_number")}
      />
      <TextInput
        label={t("building.bus")}
        maxLength={20}
        autoComplete="off"
        {...form.getInputProps("address.bus")}
      />
      <TextInput
        label={t("building.postal_code")}
        maxLength={10}
        inputMode="numeric"
        autoComplete="off"
        {...form.getInputProps("address.postal_code")}
      />
      <TextInput
        label={t("building.city")}
        maxLength={100}
        autoComplete="off"
        {...form.getInputProps("address.city")}
      />
    </div>
  );
}

/** Where it stands: typed, or by a pin on a map that shows its neighbours. */
function PlaceFields({ form, buildingId }: PartProps & { buildingId: number | undefined }) {
  const { t } = useTranslation();
  const region = form.values.region_id;
  const places = useQuery({
    ...buildingPlacesQuery(Number(region)),
    enabled: region !== null,
  });
  const neighbours = useMemo(
    () =>
      (places.data?.points ?? [])
        .filter(({ id }) => id !== buildingId)
        .map(({ id, place, address }) => ({ key: id, place, label: address, quiet: true })),
    [places.data, buildingId],
  );
  return (
    <div className={classes.placeFields}>
      <TextInput
        label={t("building.coordinates")}
        description={t("building.coordinates_hint")}
        placeholder="51.0543, 3.7174"
        maxLength={60}
        autoComplete="off"
        {...form.getInputProps("coordinates")}
      />
      <PlaceMap
        label={t("building.map")}
        height={240}
        points={neighbours}
        grouped
        pin={{
          place: readCoordinates(form.values.coordinates) ?? null,
          onMove: (place) => form.setFieldValue("coordinates", coordinatesText(place)),
        }}
      />
      <p className={classes.quiet}>{t("building.map_hint")}</p>
    </div>
  );
}

function SyndicsSelect({ form, building }: PartProps & { building: Building | undefined }) {
  const { t } = useTranslation();
  const syndics = useQuery(syndicsQuery);
  const choices = (syndics.data ?? []).map((user) => ({
    value: String(user.id),
    label: fullName(user),
  }));
  // One who is not active any more is no choice, but may stay.
  for (const { id, name } of building?.syndics ?? []) {
    if (!choices.some(({ value }) => value === String(id))) {
      choices.push({ value: String(id), label: name || `#${id}` });
    }
  }
  return (
    <MultiSelect
      label={t("building.syndics")}
      placeholder={form.values.syndic_ids.length === 0 ? t("building.syndic_placeholder") : ""}
      description={choices.length === 0 ? t("building.no_syndics") : undefined}
      clearable
      searchable
      maxValues={10}
      hidePickedOptions
      clearButtonProps={{ "aria-label": t("building.syndic_clear") }}
      data={choices}
      {...form.getInputProps("syndic_ids")}
      error={form.errors.syndic_ids ?? (syndics.isError ? t("page.load_failed") : undefined)}
    />
  );
}
