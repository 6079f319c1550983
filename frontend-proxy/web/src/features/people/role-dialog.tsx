import { Button, Select } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { mayGive, roles } from "@/shared/account/roles";
import { fullName } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { Account, Person, Role } from "@/shared/api/types";
import { problemText } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { usePutRole } from "./queries";

type RoleDialogProps = {
  me: Account;
  person: Person;
  onClose: () => void;
  onSaved: (role: Role) => void;
};

/** Gives a person another role, up to the own one. */
export function RoleDialog({ me, person, onClose, onSaved }: RoleDialogProps) {
  const { t } = useTranslation();
  const form = useForm<{ role: Role }>({ initialValues: { role: person.role } });
  const put = usePutRole(person.id);
  const hasRuns = put.error instanceof ApiError && put.error.reason === "has_runs";
  const problem = hasRuns ? t("person.role_has_runs") : problemText(t, put.error);
  return (
    <Dialog
      title={t("person.role_title", { name: fullName(person) })}
      onClose={onClose}
      closeOnClickOutside={!form.isDirty()}
    >
      <Form
        className={classes.content}
        busy={put.isPending}
        onSubmit={form.onSubmit(({ role }) => {
          if (role === person.role) {
            onClose();
            return;
          }
          put.mutate(role, { onSuccess: () => onSaved(role) });
        })}
      >
        <p className={classes.text}>{t("person.role_text")}</p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <Select
          label={t("person.role")}
          allowDeselect={false}
          disabled={put.isPending}
          data-autofocus
          data={roles
            .filter((role) => mayGive(me.role, role))
            .map((role) => ({ value: role, label: t(`role.${role}`) }))}
          {...form.getInputProps("role")}
        />
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={put.isPending}>
            {t("app.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
