import { Button, MultiSelect, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { mayGive, roles } from "@/shared/account/roles";
import type { Account, Region, Role } from "@/shared/api/types";
import { useRefusals } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { type Invited, useInvite } from "./queries";

type InviteDialogProps = {
  me: Account;
  regions: Region[];
  onClose: () => void;
  onInvited: (invited: Invited) => void;
};

type InviteValues = { email: string; role: Role | null; regions: string[] };

const fields = { email: "email", role: "role", region_ids: "regions" } as const;

/** Asks whom to invite, and as what. */
export function InviteDialog({ me, regions, onClose, onInvited }: InviteDialogProps) {
  const { t } = useTranslation();
  const form = useForm<InviteValues>({
    initialValues: { email: "", role: null, regions: [] },
    validate: {
      email: (value) => {
        if (value.trim() === "") {
          return t("people.email_needed");
        }
        return /^\S+@\S+$/.test(value.trim()) ? null : t("people.email_wrong");
      },
      role: (value) => (value === null ? t("people.role_needed") : null),
    },
  });
  const submit = useInvite();
  const refusals = useRefusals(form, fields);
  const problem = refusals.problem(submit.error);
  return (
    <Dialog title={t("people.invite")} onClose={onClose} closeOnClickOutside={!form.isDirty()}>
      <Form
        className={classes.content}
        busy={submit.isPending}
        onSubmit={form.onSubmit((values) => {
          if (values.role !== null) {
            submit.mutate(
              {
                email: values.email.trim(),
                role: values.role,
                region_ids: values.regions.map(Number),
              },
              { onSuccess: onInvited, onError: refusals.show },
            );
          }
        })}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={submit.isPending} className={classes.fields}>
          <TextInput
            label={t("people.email")}
            type="email"
            inputMode="email"
            autoComplete="off"
            autoCapitalize="none"
            data-autofocus
            {...form.getInputProps("email")}
          />
          <Select
            label={t("people.role")}
            placeholder={t("people.role_placeholder")}
            allowDeselect={false}
            data={roles
              .filter((role) => role !== "none" && mayGive(me.role, role))
              .map((role) => ({ value: role, label: t(`role.${role}`) }))}
            {...form.getInputProps("role")}
          />
          <MultiSelect
            label={t("people.regions")}
            description={t("people.regions_hint")}
            placeholder={
              regions.length === 0
                ? t("people.no_regions")
                : form.values.regions.length === 0
                  ? t("people.regions_placeholder")
                  : ""
            }
            disabled={regions.length === 0}
            searchable={regions.length > 8}
            data={regions.map((region) => ({ value: String(region.id), label: region.name }))}
            {...form.getInputProps("regions")}
          />
        </fieldset>
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={submit.isPending}>
            {t("people.invite_submit")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
