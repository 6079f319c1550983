import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { FillPreview } from "@/shared/api/types";
import { dayText } from "@/shared/dates";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { EmptyState, ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { type ChoiceRow, ChoiceRows, useWhy } from "./choice-rows";
import classes from "./many-dialogs.module.css";
import { fillQuery } from "./needs-queries";
import type { RunPlace } from "./plan";
import type { PlanRequest } from "./week-plan-query";

type FillDialogProps = {
  request: PlanRequest;
  onPlan: (places: readonly RunPlace[]) => void;
  onClose: () => void;
};

/** Proposes somebody for every run that nobody has; the office leaves out or changes, and plans the rest at once. */
export function FillDialog({ request, onPlan, onClose }: FillDialogProps) {
  const { t } = useTranslation();
  const preview = useQuery(fillQuery(request));
  return (
    <Dialog title={t("fill.title")} onClose={onClose} size="xl">
      <div className={dialog.content}>
        {preview.isPending && <LoadingRows count={6} height={60} />}
        {preview.isError && <ErrorState error={preview.error} onRetry={() => preview.refetch()} />}
        {preview.isSuccess && preview.data.proposals.length === 0 && (
          <EmptyState title={t("fill.full_title")} text={t("fill.full_text")} />
        )}
        {preview.isSuccess && preview.data.proposals.length > 0 && (
          <Proposals preview={preview.data} onPlan={onPlan} onClose={onClose} />
        )}
      </div>
    </Dialog>
  );
}

type ProposalsProps = Pick<FillDialogProps, "onPlan" | "onClose"> & { preview: FillPreview };
type Choice = Partial<Pick<ChoiceRow, "worker" | "taken">>;

function Proposals({ preview, onPlan, onClose }: ProposalsProps) {
  const { t, i18n } = useTranslation();
  const why = useWhy();
  const [choices, setChoices] = useState<ReadonlyMap<string, Choice>>(new Map());
  const rows = preview.proposals.map(({ need, worker_id, because, obstacles }) => {
    const key = `${need.tour.id} ${need.date}`;
    const choice = choices.get(key);
    const proposed = worker_id === 0 ? undefined : worker_id;
    const worker = choice !== undefined && "worker" in choice ? choice.worker : proposed;
    return {
      key,
      text: `${need.tour.name} · ${dayText(need.date, i18n.language)}`,
      region: need.region.id,
      worker,
      taken: choice?.taken ?? proposed !== undefined,
      why: worker === proposed ? why(because, obstacles) : t("fill.because.office"),
      fixed: false,
      place: { tour_id: need.tour.id, worker_id: worker ?? 0, date: need.date },
    };
  });
  const taken = rows.filter((row) => row.taken && row.worker !== undefined);
  const nobody = preview.proposals.filter(({ worker_id }) => worker_id === 0).length;
  return (
    <>
      <p className={dialog.text}>{t("fill.text")}</p>
      <p className={classes.summary} role="status">
        {t("fill.summary", { count: taken.length, all: rows.length })}
        {nobody > 0 && ` ${t("fill.without", { count: nobody })}`}
      </p>
      <ChoiceRows
        label={t("fill.title")}
        rows={rows}
        workers={preview.workers}
        onChange={(key, change) =>
          setChoices((all) => new Map(all).set(key, { ...all.get(key), ...change }))
        }
      />
      <div className={dialog.actions}>
        <Button onClick={onClose}>{t("app.cancel")}</Button>
        <Button
          variant="signal"
          disabled={taken.length === 0}
          onClick={() => {
            onClose();
            onPlan(taken.map(({ place }) => place));
          }}
        >
          {t("fill.plan", { count: taken.length })}
        </Button>
      </div>
    </>
  );
}
