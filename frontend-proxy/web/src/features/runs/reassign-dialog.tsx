import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { RunDetail } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { errorText, storedErrorText } from "@/shared/i18n/error-text";
import { currentLanguage } from "@/shared/i18n/i18n";
import { workersQuery } from "@/shared/people/workers-query";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useReassign } from "./queries";

type ReassignDialogProps = {
  run: RunDetail;
  onGiven: (name: string) => void;
  onClose: () => void;
};

/** What the office may insist on (rule 7). */
const insistable = ["absent", "other_weekdays"];

/** Gives a planned run to somebody else of its region. */
export function ReassignDialog({ run, onGiven, onClose }: ReassignDialogProps) {
  const { t } = useTranslation();
  const workers = useQuery(workersQuery(run.region.id));
  const [chosen, setChosen] = useState<string | null>(null);
  const [tried, setTried] = useState(false);
  const give = useReassign(run);
  const others = (workers.data ?? []).filter(({ id }) => id !== run.worker.id);
  const refused =
    give.error instanceof ApiError ? (give.error.rows[0]?.reason ?? give.error.reason) : undefined;
  const insist = refused !== undefined && insistable.includes(refused);
  const problem =
    give.error === null
      ? workers.isError
        ? errorText(t, workers.error)
        : undefined
      : refused === undefined
        ? errorText(t, give.error)
        : storedErrorText(t, "invalid_argument", refused);
  return (
    <Dialog title={t("run_page.reassign_title", { tour: run.tour.name })} onClose={onClose}>
      <Form
        className={dialog.content}
        busy={give.isPending}
        onSubmit={() => {
          setTried(true);
          const worker = others.find(({ id }) => String(id) === chosen);
          if (worker !== undefined) {
            give.mutate(
              { workerId: worker.id, insist },
              { onSuccess: () => onGiven(fullName(worker)) },
            );
          }
        }}
      >
        <p className={dialog.text}>
          {t("run_page.reassign_text", {
            name: fullName(run.worker),
            day: nearDayText(run.date, t, currentLanguage()),
          })}
        </p>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <Select
          label={t("run_page.new_worker")}
          placeholder={t("run_page.choose_worker")}
          searchable
          nothingFoundMessage={t("run_page.nobody")}
          data={others.map((worker) => ({ value: String(worker.id), label: fullName(worker) }))}
          value={chosen}
          error={tried && chosen === null ? t("run_page.choose_worker") : undefined}
          onChange={(value) => {
            setChosen(value);
            give.reset();
          }}
        />
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={give.isPending}>
            {t(insist ? "run_page.insist" : "run_page.give")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
