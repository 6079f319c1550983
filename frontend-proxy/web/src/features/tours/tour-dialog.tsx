import { Button, Select, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { TourDetail } from "@/shared/api/types";
import { useRefusals } from "@/shared/refusals";
import { regionChoicesQuery } from "@/shared/regions/region-choices";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { EmptyState } from "@/shared/ui/view-states";
import { useSaveTour } from "./queries";

const fields = { name: "name", region_id: "region_id" } as const;

type TourDialogProps = {
  /** Undefined for a new one. */
  tour: TourDetail | undefined;
  onClose: () => void;
  onSaved: (tour: TourDetail) => void;
};

/** Asks for name and region of a tour. */
export function TourDialog({ tour, onClose, onSaved }: TourDialogProps) {
  const { t } = useTranslation();
  const regions = useQuery(regionChoicesQuery);
  const form = useForm<{ name: string; region_id: string | null; hide_idle_stops: boolean }>({
    initialValues: {
      name: tour?.name ?? "",
      region_id: tour === undefined ? null : String(tour.region.id),
      hide_idle_stops: tour?.hide_idle_stops ?? false,
    },
    validate: {
      name: (name) => (name.trim() === "" ? t("tours.name_needed") : null),
      region_id: (region) => (region === null ? t("building.region_needed") : null),
    },
  });
  const save = useSaveTour(tour?.id);
  const refusals = useRefusals(form, fields);
  const problem = refusals.problem(save.error);
  const noRegions = regions.data?.length === 0;
  return (
    <Dialog
      title={tour === undefined ? t("tours.add") : t("tours.edit")}
      onClose={onClose}
      closeOnClickOutside={!form.isDirty()}
    >
      {noRegions ? (
        <EmptyState
          title={t("setup.regions_title")}
          text={t("setup.regions_text")}
          action={
            <Button
              variant="signal"
              renderRoot={(props) => <Link to="/manage/regions" {...props} />}
            >
              {t("setup.regions_action")}
            </Button>
          }
        />
      ) : (
        <Form
          className={classes.content}
          busy={save.isPending}
          onSubmit={form.onSubmit((values) =>
            save.mutate(
              {
                name: values.name.trim(),
                region_id: Number(values.region_id),
                hide_idle_stops: values.hide_idle_stops,
                version: tour?.version ?? 0,
              },
              { onSuccess: onSaved, onError: refusals.show },
            ),
          )}
        >
          {problem !== undefined && <FormError>{problem}</FormError>}
          <TextInput
            label={t("tours.name")}
            description={t("tours.name_hint")}
            maxLength={200}
            data-autofocus
            disabled={save.isPending}
            {...form.getInputProps("name")}
          />
          <Select
            label={t("buildings.region")}
            placeholder={t("building.region_placeholder")}
            description={regionHint(t, tour)}
            allowDeselect={false}
            disabled={save.isPending || (tour !== undefined && tour.stops.length > 0)}
            data={(regions.data ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
            {...form.getInputProps("region_id")}
            error={form.errors.region_id ?? (regions.isError ? t("page.load_failed") : undefined)}
          />
          <Switch
            label={t("tours.hide_idle")}
            description={t("tours.hide_idle_hint")}
            disabled={save.isPending}
            {...form.getInputProps("hide_idle_stops", { type: "checkbox" })}
          />
          <div className={classes.actions}>
            <Button onClick={onClose}>{t("app.cancel")}</Button>
            <Button type="submit" variant="signal" loading={save.isPending}>
              {tour === undefined ? t("tours.add_submit") : t("app.save")}
            </Button>
          </div>
        </Form>
      )}
    </Dialog>
  );
}

function regionHint(t: TFunction, tour: TourDetail | undefined): string | undefined {
  if (tour === undefined) {
    return undefined;
  }
  if (tour.stops.length > 0) {
    return t("tours.region_fixed");
  }
  return tour.archived_stop_count > 0
    ? t("tours.region_drops", { count: tour.archived_stop_count })
    : undefined;
}
