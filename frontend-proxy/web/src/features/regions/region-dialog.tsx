import { Button, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Region } from "@/shared/api/types";
import { refusedField } from "@/shared/field-error";
import { errorText } from "@/shared/i18n/error-text";
import { FormError } from "@/shared/ui/form-error";
import { createRegion, renameRegion } from "./queries";
import classes from "./regions-page.module.css";

const fields = ["name"] as const;

type RegionDialogProps = { region: Region | undefined; onClose: () => void };

/** Asks for the name of a region: a new one unless it is given. */
export function RegionDialog({ region, onClose }: RegionDialogProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const form = useForm({
    initialValues: { name: region?.name ?? "" },
    validate: { name: (name) => (name.trim() === "" ? t("regions.name_needed") : null) },
  });
  const save = useMutation({
    mutationFn: (name: string) =>
      region === undefined ? createRegion(name) : renameRegion({ id: region.id, name }),
    onSuccess: async () => {
      // Buildings and tours carry the name of their region.
      await Promise.all(
        ["regions", "buildings", "tours"].map((key) =>
          queryClient.invalidateQueries({ queryKey: [key] }),
        ),
      );
      onClose();
    },
    onError: (error) => {
      if (refusedField(error, fields) !== undefined) {
        form.setFieldError("name", errorText(t, error));
      }
    },
  });
  const title =
    region === undefined ? t("regions.add") : t("regions.rename", { name: region.name });
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      centered
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <form
        className={classes.dialog}
        noValidate
        onSubmit={form.onSubmit(({ name }) => save.mutate(name.trim()))}
      >
        {save.isError && refusedField(save.error, fields) === undefined && (
          <FormError>{errorText(t, save.error)}</FormError>
        )}
        <TextInput
          label={t("regions.name")}
          description={t("regions.name_hint")}
          maxLength={100}
          data-autofocus
          disabled={save.isPending}
          {...form.getInputProps("name")}
        />
        <div className={classes.dialogActions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={save.isPending}>
            {region === undefined ? t("regions.add_submit") : t("app.save")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
