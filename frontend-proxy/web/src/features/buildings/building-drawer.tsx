import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Building } from "@/shared/api/types";
import { buildingQuery } from "@/shared/buildings/building-query";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { EdgeDialog } from "@/shared/ui/dialog";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { BuildingForm } from "./building-form";
import classes from "./building-form.module.css";
import { useArchiveBuilding, useRenewPublicId, useUnarchiveBuilding } from "./queries";

type BuildingDrawerProps = {
  open: number | "new";
  /** It stands beside the building's own page. */
  onPage?: boolean;
  onSaved: (building: Building) => void;
  onClose: () => void;
};

/** The form of a building beside the list. */
export function BuildingDrawer({ open, onPage = false, onSaved, onClose }: BuildingDrawerProps) {
  const { t } = useTranslation();
  return (
    <EdgeDialog
      position="right"
      onClose={onClose}
      // A click beside it is not how one leaves a form.
      closeOnClickOutside={false}
      title={open === "new" ? t("building.add") : t("building.edit")}
    >
      {open !== "new" && !onPage && (
        <p className={classes.quiet}>
          <Link to="/manage/buildings/$buildingId" params={{ buildingId: open }}>
            {t("building.to_page")}
          </Link>
        </p>
      )}
      {open === "new" ? (
        <BuildingForm building={undefined} onSaved={onSaved} onClose={onClose} />
      ) : (
        <ExistingBuilding id={open} onSaved={onSaved} onClose={onClose} />
      )}
    </EdgeDialog>
  );
}

type ExistingBuildingProps = Omit<BuildingDrawerProps, "open"> & { id: number };

function ExistingBuilding({ id, onSaved, onClose }: ExistingBuildingProps) {
  // What is shown is what is changed: never start from an old copy.
  const building = useQuery({ ...buildingQuery(id), staleTime: 0, gcTime: 0 });
  if (building.isPending) {
    return <LoadingRows count={6} height={64} />;
  }
  if (building.data === undefined) {
    return <ErrorState error={building.error} onRetry={() => building.refetch()} />;
  }
  return (
    <>
      {building.data.archived ? (
        <ArchivedBuilding building={building.data} />
      ) : (
        <BuildingForm
          building={building.data}
          onRefresh={() => void building.refetch()}
          onSaved={onSaved}
          onClose={onClose}
        />
      )}
      <MoreActions building={building.data} onClose={onClose} />
    </>
  );
}

function ArchivedBuilding({ building }: { building: Building }) {
  const { t } = useTranslation();
  const unarchive = useUnarchiveBuilding(building.id);
  return (
    <div className={classes.form}>
      <p className={classes.archivedTitle}>{streetLine(building.address, t)}</p>
      <Notice>{t("building.is_archived")}</Notice>
      {unarchive.isError && <FormError>{problemText(t, unarchive.error)}</FormError>}
      <div className={classes.formActions}>
        <Button
          variant="signal"
          loading={unarchive.isPending}
          onClick={() => unarchive.mutate(undefined)}
        >
          {t("building.unarchive")}
        </Button>
      </div>
    </div>
  );
}

type MoreActionsProps = { building: Building; onClose: () => void };

function MoreActions({ building, onClose }: MoreActionsProps) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<"archive" | "renew">();
  const close = () => setAsking(undefined);
  const archive = useArchiveBuilding(building.id);
  const renew = useRenewPublicId(building.id);
  const address = streetLine(building.address, t);
  return (
    <section className={classes.moreActions} aria-label={t("building.more")}>
      <p className={classes.quiet}>
        {t("building.public_id")}{" "}
        <span className={classes.publicId}>{building.public_id ?? ""}</span>
      </p>
      <Button onClick={() => setAsking("renew")}>{t("building.renew")}</Button>
      {!building.archived && (
        <Button onClick={() => setAsking("archive")}>{t("building.archive")}</Button>
      )}
      {asking === "archive" && (
        <ConfirmDialog
          title={t("building.archive_title", { address })}
          text={t("building.archive_text")}
          confirm={t("building.archive")}
          pending={archive.isPending}
          problem={problemText(t, archive.error)}
          onConfirm={() => archive.mutate(undefined, { onSuccess: onClose })}
          onClose={close}
        />
      )}
      {asking === "renew" && (
        <ConfirmDialog
          title={t("building.renew_title", { address })}
          text={t("building.renew_text")}
          confirm={t("building.renew")}
          pending={renew.isPending}
          problem={problemText(t, renew.error)}
          onConfirm={() => renew.mutate(undefined, { onSuccess: close })}
          onClose={close}
        />
      )}
    </section>
  );
}
