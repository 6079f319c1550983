import { Button, MultiSelect } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { Person } from "@/shared/api/types";
import { problemText } from "@/shared/refusals";
import { regionChoicesQuery } from "@/shared/regions/region-choices";
import { Dialog } from "@/shared/ui/dialog";
import classes from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { usePutRegions } from "./queries";

type RegionsDialogProps = { person: Person; onClose: () => void; onSaved: () => void };

/** Says where a person works. */
export function RegionsDialog({ person, onClose, onSaved }: RegionsDialogProps) {
  const { t } = useTranslation();
  const regions = useQuery(regionChoicesQuery);
  const form = useForm({ initialValues: { regions: person.region_ids.map(String) } });
  const put = usePutRegions(person.id);
  const problem = problemText(t, put.error);
  return (
    <Dialog
      title={t("person.regions_title", { name: fullName(person) })}
      onClose={onClose}
      closeOnClickOutside={!form.isDirty()}
    >
      <Form
        className={classes.content}
        busy={put.isPending}
        onSubmit={form.onSubmit((values) =>
          put.mutate(values.regions.map(Number), { onSuccess: onSaved }),
        )}
      >
        <p className={classes.text}>{t("person.regions_text")}</p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        {regions.isPending && <LoadingRows count={1} height={70} />}
        {regions.data === undefined && regions.isError && (
          <ErrorState error={regions.error} onRetry={() => regions.refetch()} />
        )}
        {regions.data !== undefined && (
          <MultiSelect
            label={t("person.regions")}
            placeholder={
              regions.data.length === 0
                ? t("people.no_regions")
                : form.values.regions.length === 0
                  ? t("people.regions_placeholder")
                  : ""
            }
            disabled={put.isPending || regions.data.length === 0}
            data-autofocus
            searchable={regions.data.length > 8}
            data={regions.data.map(({ id, name }) => ({ value: String(id), label: name }))}
            {...form.getInputProps("regions")}
          />
        )}
        <div className={classes.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button
            type="submit"
            variant="signal"
            disabled={regions.data === undefined}
            loading={put.isPending}
          >
            {t("app.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
