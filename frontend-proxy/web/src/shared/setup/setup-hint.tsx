import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/shared/account/me-query";
import { EmptyState, LoadingRows } from "@/shared/ui/view-states";
import { type SetupStep, useMissingStep } from "./use-setup";

/** Leads a new company to what it must enter next; shows its children when nothing is missing. */
export function SetupHint({ children }: { children: ReactNode }) {
  const step = useMissingStep();
  if (step === undefined) {
    return <LoadingRows count={1} height={160} />;
  }
  return step === null ? children : <Hint step={step} />;
}

function Hint({ step }: { step: SetupStep }) {
  const { t } = useTranslation();
  const me = useQuery({ ...meQuery, enabled: false }).data;
  const mustAsk = step === "regions" && me !== undefined && me.role !== "admin";
  const action = (
    <Button
      variant="signal"
      renderRoot={(props) => {
        switch (step) {
          case "regions":
            return <Link to="/manage/regions" {...props} />;
          case "buildings":
            return <Link to="/manage/buildings" search={{ building: "new" }} {...props} />;
          case "tours":
            return <Link to="/manage/tours" {...props} />;
          case "workers":
            return <Link to="/people" {...props} />;
        }
      }}
    >
      {t(`setup.${step}_action`)}
    </Button>
  );
  return (
    <EmptyState
      title={t(`setup.${step}_title`)}
      text={mustAsk ? t("regions.empty_ask") : t(`setup.${step}_text`)}
      action={!mustAsk && action}
    />
  );
}
