import { Button, Modal, MultiSelect, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { mayGive, roles } from "@/features/auth/roles";
import { ApiError } from "@/shared/api/client";
import type { Account, Region, Role } from "@/shared/api/types";
import { errorText } from "@/shared/i18n/error-text";
import { FormError } from "@/shared/ui/form-error";
import classes from "./people-page.module.css";
import { type Invited, invite, waitingInvitationsQuery } from "./queries";

type InviteDialogProps = {
  me: Account;
  regions: Region[];
  onClose: () => void;
  onInvited: (invited: Invited) => void;
};

type InviteValues = { email: string; role: Role | null; regions: string[] };

const fieldOf = { email: "email", role: "role", region_ids: "regions" } as const;

/** Asks whom to invite, and as what. */
export function InviteDialog({ me, regions, onClose, onInvited }: InviteDialogProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
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
  const submit = useMutation({
    mutationFn: invite,
    onSuccess: (made) => {
      void queryClient.invalidateQueries({ queryKey: waitingInvitationsQuery.queryKey });
      onInvited(made);
    },
    onError: (error) => {
      if (error instanceof ApiError && error.field !== undefined && error.field in fieldOf) {
        form.setFieldError(fieldOf[error.field as keyof typeof fieldOf], errorText(t, error));
      }
    },
  });
  const atField =
    submit.error instanceof ApiError &&
    submit.error.field !== undefined &&
    submit.error.field in fieldOf;
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("people.invite")}
      centered
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <form
        className={classes.dialog}
        noValidate
        onSubmit={form.onSubmit((values) => {
          if (values.role !== null) {
            submit.mutate({
              email: values.email.trim(),
              role: values.role,
              region_ids: values.regions.map(Number),
            });
          }
        })}
      >
        {submit.isError && !atField && <FormError>{errorText(t, submit.error)}</FormError>}
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
        <div className={classes.dialogActions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={submit.isPending}>
            {t("people.invite_submit")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
