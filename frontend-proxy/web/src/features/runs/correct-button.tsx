import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { RunDetail, Stop } from "@/shared/api/types";
import classes from "./stop-proof.module.css";

// Opened now and then.
const CorrectDialog = lazy(async () => ({
  default: (await import("./correct-dialog")).CorrectDialog,
}));

/** Corrects what was stored about a visit; nothing where there is nothing yet. */
export function CorrectButton({ run, stop }: { run: RunDetail; stop: Stop }) {
  const { t } = useTranslation();
  const [correcting, setCorrecting] = useState(false);
  if (stop.visit === null || (stop.visit.steps.length === 0 && stop.visit.outcome === null)) {
    return null;
  }
  const address = streetLine(stop.building.address, t);
  return (
    <>
      <Button
        variant="subtle"
        size="compact-md"
        className={classes.correct}
        aria-label={t("correction.correct_at", { address })}
        onClick={() => setCorrecting(true)}
      >
        {t("correction.correct")}
      </Button>
      {correcting && (
        <Suspense>
          <CorrectDialog run={run} stop={stop} onClose={() => setCorrecting(false)} />
        </Suspense>
      )}
    </>
  );
}
