import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Building } from "@/shared/api/types";
import { useRefusals } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useSaveBuilding } from "./queries";

const fields = { name: "name" } as const;

type RenameDialogProps = {
  building: Building;
  onSaved: (building: Building) => void;
  onClose: () => void;
};

/** Asks for the name of a building, which is all that a syndic changes of it. */
export function RenameDialog({ building, onSaved, onClose }: RenameDialogProps) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { name: building.name } });
  const save = useSaveBuilding(building.id);
  const refusals = useRefusals(form, fields);
  const problem = refusals.problem(save.error);
  const submit = ({ name }: { name: string }) =>
    save.mutate(
      {
        region_id: building.region.id,
        name,
        address: building.address,
        syndic_ids: building.syndics.map(({ id }) => id),
        // They are the office's, and stay as they are.
        tell_syndic: null,
        public_photos: null,
        customer_number: building.customer_number,
        coordinates: building.coordinates,
        agreed_minutes: building.agreed_minutes,
        version: building.version,
      },
      { onSuccess: onSaved, onError: refusals.show },
    );
  return (
    <Dialog title={t("building.rename")} onClose={onClose} closeOnClickOutside={!form.isDirty()}>
      <Form className={classes.content} busy={save.isPending} onSubmit={form.onSubmit(submit)}>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <TextInput
          label={t("building.name")}
          description={t("building.name_hint")}
          maxLength={200}
          data-autofocus
          disabled={save.isPending}
          {...form.getInputProps("name")}
        />
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={save.isPending}>
            {t("app.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
