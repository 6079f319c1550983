import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Region } from "@/shared/api/types";
import { useRefusals } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useSaveRegion } from "./queries";

const fields = { name: "name" } as const;

type RegionDialogProps = {
  region: Region | undefined;
  onSaved: (region: Region) => void;
  onClose: () => void;
};

/** Asks for the name of a region: a new one unless it is given. */
export function RegionDialog({ region, onSaved, onClose }: RegionDialogProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { name: region?.name ?? "" },
    validate: { name: (name) => (name.trim() === "" ? t("regions.name_needed") : null) },
  });
  const save = useSaveRegion(region?.id);
  const refusals = useRefusals(form, fields);
  const problem = refusals.problem(save.error);
  const title =
    region === undefined ? t("regions.add") : t("regions.rename", { name: region.name });
  return (
    <Dialog title={title} onClose={onClose} closeOnClickOutside={!form.isDirty()}>
      <Form
        className={classes.content}
        busy={save.isPending}
        onSubmit={form.onSubmit(({ name }) =>
          save.mutate(name.trim(), { onSuccess: onSaved, onError: refusals.show }),
        )}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        <TextInput
          label={t("regions.name")}
          description={t("regions.name_hint")}
          maxLength={100}
          data-autofocus
          disabled={save.isPending}
          {...form.getInputProps("name")}
        />
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={save.isPending}>
            {region === undefined ? t("regions.add_submit") : t("app.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
