import { Button, NumberInput, Select, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { regionChoicesQuery } from "@/features/regions/queries";
import { fullName } from "@/shared/address";
import type { Address, Building } from "@/shared/api/types";
import { changedMeanwhile, problemText, refusedField } from "@/shared/field-error";
import { errorText } from "@/shared/i18n/error-text";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { EmptyState } from "@/shared/ui/view-states";
import classes from "./buildings-page.module.css";
import { saveBuilding, syndicsQuery } from "./office-queries";

type Values = {
  region_id: string | null;
  name: string;
  address: Address;
  syndic_id: string | null;
  agreed_minutes: number | string;
};

// The form's fields are called as the API calls them.
const fields = [
  "region_id",
  "name",
  "address.street",
  "address.house_number",
  "address.bus",
  "address.postal_code",
  "address.city",
  "syndic_id",
  "agreed_minutes",
] as const;

const noAddress: Address = { street: "", house_number: "", bus: "", postal_code: "", city: "" };

function valuesOf(building: Building | undefined): Values {
  return {
    region_id: building === undefined ? null : String(building.region.id),
    name: building?.name ?? "",
    address: building?.address ?? noAddress,
    syndic_id: building?.syndic_id == null ? null : String(building.syndic_id),
    agreed_minutes: building?.agreed_minutes ?? 10,
  };
}

type BuildingFormProps = {
  /** Undefined for a new one. */
  building: Building | undefined;
  onDone: () => void;
};

/** Adds or changes a building. */
export function BuildingForm({ building, onDone }: BuildingFormProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
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
      agreed_minutes: (value) =>
        typeof value === "number" && value >= 1 && value <= 600
          ? null
          : t("building.agreed_needed"),
    },
  });
  const { guard, release } = useUnsavedGuard(form.isDirty());
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["buildings"] });
  const save = useMutation({
    mutationFn: (values: Values) =>
      saveBuilding(building?.id, {
        region_id: Number(values.region_id),
        name: values.name,
        address: values.address,
        syndic_id: values.syndic_id === null ? null : Number(values.syndic_id),
        agreed_minutes: Number(values.agreed_minutes),
        version: building?.version ?? 0,
      }),
    onSuccess: async () => {
      release();
      await Promise.all([refresh(), queryClient.invalidateQueries({ queryKey: ["tours"] })]);
      onDone();
    },
    onError: (error) => {
      const field = refusedField(error, fields);
      if (field !== undefined) {
        form.setFieldError(field, problemText(t, error, t("building.in_use")));
      }
    },
  });

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
    <form
      className={classes.form}
      noValidate
      onSubmit={form.onSubmit((values) => save.mutate(values))}
    >
      {guard}
      {save.isError && refusedField(save.error, fields) === undefined && (
        <FormError>{errorText(t, save.error)}</FormError>
      )}
      {changedMeanwhile(save.error) && (
        <div className={classes.formActions}>
          <Button onClick={() => void refresh()}>{t("app.refresh")}</Button>
        </div>
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
        <SyndicSelect form={form} building={building} />
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
      </fieldset>
      <div className={classes.formActions}>
        <Button type="submit" variant="signal" loading={save.isPending}>
          {building === undefined ? t("building.add_submit") : t("app.save")}
        </Button>
        <Button onClick={onDone}>{t("app.cancel")}</Button>
      </div>
    </form>
  );
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

function SyndicSelect({ form, building }: PartProps & { building: Building | undefined }) {
  const { t } = useTranslation();
  const syndics = useQuery(syndicsQuery);
  const choices = (syndics.data ?? []).map((user) => ({
    value: String(user.id),
    label: fullName(user),
  }));
  // One who is not active any more is no choice, but may stay.
  const present = building?.syndic_id == null ? undefined : String(building.syndic_id);
  if (present !== undefined && !choices.some(({ value }) => value === present)) {
    choices.push({ value: present, label: building?.syndic_name || `#${present}` });
  }
  return (
    <Select
      label={t("building.syndic")}
      placeholder={t("building.syndic_placeholder")}
      description={choices.length === 0 ? t("building.no_syndics") : undefined}
      clearable
      searchable
      clearButtonProps={{ "aria-label": t("building.syndic_clear") }}
      data={choices}
      {...form.getInputProps("syndic_id")}
      error={form.errors.syndic_id ?? (syndics.isError ? t("page.load_failed") : undefined)}
    />
  );
}
