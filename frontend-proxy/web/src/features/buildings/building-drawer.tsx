import { Button, Drawer } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { Building } from "@/shared/api/types";
import { problemText } from "@/shared/field-error";
import { errorText } from "@/shared/i18n/error-text";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { BuildingForm } from "./building-form";
import classes from "./buildings-page.module.css";
import { archiveBuilding, buildingQuery, renewPublicId, unarchiveBuilding } from "./office-queries";

type BuildingDrawerProps = { open: number | "new"; onClose: () => void };

/** The form of a building beside the list. */
export function BuildingDrawer({ open, onClose }: BuildingDrawerProps) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={480}
      // A click beside it is not how one leaves a form.
      closeOnClickOutside={false}
      title={open === "new" ? t("building.add") : t("building.edit")}
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      {open === "new" ? (
        <BuildingForm building={undefined} onDone={onClose} />
      ) : (
        <ExistingBuilding id={open} onClose={onClose} />
      )}
    </Drawer>
  );
}

function ExistingBuilding({ id, onClose }: { id: number; onClose: () => void }) {
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
        <BuildingForm key={building.data.version} building={building.data} onDone={onClose} />
      )}
      <MoreActions building={building.data} onClose={onClose} />
    </>
  );
}

function ArchivedBuilding({ building }: { building: Building }) {
  const { t } = useTranslation();
  const { refresh } = useRefresh();
  const unarchive = useMutation({
    mutationFn: () => unarchiveBuilding(building.id),
    onSuccess: refresh,
  });
  return (
    <div className={classes.form}>
      <p className={classes.cardTitle}>{streetLine(building.address, t)}</p>
      <Notice>{t("building.is_archived")}</Notice>
      {unarchive.isError && <FormError>{errorText(t, unarchive.error)}</FormError>}
      <div className={classes.formActions}>
        <Button variant="signal" loading={unarchive.isPending} onClick={() => unarchive.mutate()}>
          {t("building.unarchive")}
        </Button>
      </div>
    </div>
  );
}

function useRefresh() {
  const queryClient = useQueryClient();
  return {
    refresh: () =>
      Promise.all(
        ["buildings", "tours"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })),
      ),
  };
}

type MoreActionsProps = { building: Building; onClose: () => void };

function MoreActions({ building, onClose }: MoreActionsProps) {
  const { t } = useTranslation();
  const { refresh } = useRefresh();
  const [asking, setAsking] = useState<"archive" | "renew">();
  const close = () => setAsking(undefined);
  const archive = useMutation({
    mutationFn: () => archiveBuilding(building.id),
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const renew = useMutation({
    mutationFn: () => renewPublicId(building.id),
    onSuccess: async () => {
      await refresh();
      close();
    },
  });
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
          onConfirm={() => archive.mutate()}
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
          onConfirm={() => renew.mutate()}
          onClose={close}
        />
      )}
    </section>
  );
}
