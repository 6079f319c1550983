import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { regionChoicesQuery } from "@/features/regions/queries";
import type { TourDetail } from "@/shared/api/types";
import { refusedField } from "@/shared/field-error";
import { errorText } from "@/shared/i18n/error-text";
import { FormError } from "@/shared/ui/form-error";
import { EmptyState } from "@/shared/ui/view-states";
import { saveTour, tourQuery } from "./queries";
import classes from "./tours.module.css";

const fields = ["name", "region_id"] as const;

type TourDialogProps = {
  /** Undefined for a new one. */
  tour: TourDetail | undefined;
  onClose: () => void;
  onSaved: (tour: TourDetail) => void;
};

/** Asks for name and region of a tour. */
export function TourDialog({ tour, onClose, onSaved }: TourDialogProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const regions = useQuery(regionChoicesQuery);
  const form = useForm<{ name: string; region_id: string | null }>({
    initialValues: {
      name: tour?.name ?? "",
      region_id: tour === undefined ? null : String(tour.region.id),
    },
    validate: {
      name: (name) => (name.trim() === "" ? t("tours.name_needed") : null),
      region_id: (region) => (region === null ? t("building.region_needed") : null),
    },
  });
  const save = useMutation({
    mutationFn: (values: { name: string; region_id: string | null }) =>
      saveTour(tour?.id, {
        name: values.name.trim(),
        region_id: Number(values.region_id),
        version: tour?.version ?? 0,
      }),
    onSuccess: (saved) => {
      queryClient.setQueryData(tourQuery(saved.id).queryKey, saved);
      void queryClient.invalidateQueries({ queryKey: ["tours"] });
      onSaved(saved);
    },
    onError: (error) => {
      const field = refusedField(error, fields);
      if (field !== undefined) {
        form.setFieldError(field, errorText(t, error));
      }
    },
  });
  const noRegions = regions.data?.length === 0;
  return (
    <Modal
      opened
      onClose={onClose}
      title={tour === undefined ? t("tours.add") : t("tours.edit")}
      centered
      closeButtonProps={{ "aria-label": t("app.close") }}
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
        <form
          className={classes.dialog}
          noValidate
          onSubmit={form.onSubmit((values) => save.mutate(values))}
        >
          {save.isError && refusedField(save.error, fields) === undefined && (
            <FormError>{errorText(t, save.error)}</FormError>
          )}
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
            description={
              tour !== undefined && tour.stops.length > 0 ? t("tours.region_fixed") : undefined
            }
            allowDeselect={false}
            disabled={save.isPending || (tour !== undefined && tour.stops.length > 0)}
            data={(regions.data ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
            {...form.getInputProps("region_id")}
            error={form.errors.region_id ?? (regions.isError ? t("page.load_failed") : undefined)}
          />
          <div className={classes.dialogActions}>
            <Button onClick={onClose}>{t("app.cancel")}</Button>
            <Button type="submit" variant="signal" loading={save.isPending}>
              {tour === undefined ? t("tours.add_submit") : t("app.save")}
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}
