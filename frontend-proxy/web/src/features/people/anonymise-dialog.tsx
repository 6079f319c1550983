import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { Person } from "@/shared/api/types";
import { problemText } from "@/shared/refusals";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useAnonymise } from "./queries";

type AnonymiseDialogProps = { person: Person; onClose: () => void; onDone: () => void };

/** Says what goes and what stays, and asks for the name, before a person is taken out for good. */
export function AnonymiseDialog({ person, onClose, onDone }: AnonymiseDialogProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);
  const anonymise = useAnonymise(person.id);
  const name = fullName(person);
  const problem = problemText(t, anonymise.error);
  return (
    <Dialog
      title={t("person.anonymise_title", { name })}
      onClose={onClose}
      closeOnClickOutside={typed === ""}
    >
      <Form
        className={classes.content}
        busy={anonymise.isPending}
        onSubmit={() => {
          const same = typed.trim() === name;
          setWrong(!same);
          if (same) {
            anonymise.mutate(undefined, { onSuccess: onDone });
          }
        }}
      >
        <p className={classes.text}>
          <strong>{t("person.anonymise_goes")}</strong> {t("person.anonymise_goes_text")}
        </p>
        <p className={classes.text}>
          <strong>{t("person.anonymise_stays")}</strong> {t("person.anonymise_stays_text")}
        </p>
        <p className={classes.text}>{t("person.anonymise_final")}</p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <TextInput
          label={t("person.anonymise_type", { name })}
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          data-autofocus
          disabled={anonymise.isPending}
          value={typed}
          error={wrong ? t("person.anonymise_wrong", { name }) : undefined}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setWrong(false);
          }}
        />
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("person.anonymise_keep")}</Button>
          <Button type="submit" variant="ink" loading={anonymise.isPending}>
            {t("person.anonymise_confirm")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
