import { ActionIcon, Button, Title } from "@mantine/core";
import { IconCheck, IconPencil, IconPlus, IconTrash, IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Account, Region } from "@/shared/api/types";
import { buildingPlacesQuery } from "@/shared/buildings/building-places-query";
import { workersQuery } from "@/shared/people/workers-query";
import { problemText } from "@/shared/refusals";
import { regionChoicesQuery } from "@/shared/regions/region-choices";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { useDeleteRegion } from "./queries";
import { RegionDialog } from "./region-dialog";
import { RegionPeopleDialog } from "./region-people-dialog";
import { letterOf, type RegionLetter, RegionMark, RegionsMap } from "./regions-map";
import classes from "./regions-page.module.css";

type RegionCounts = { building_count: number; without_coordinates: number };
type RegionsPageProps = { me: Account };
type Dialog = { kind: "name"; region?: Region } | { kind: "people" | "delete"; region: Region };

/** The regions, and who works there. Admins change them. */
export function RegionsPage({ me }: RegionsPageProps) {
  const { t } = useTranslation();
  const regions = useQuery(regionChoicesQuery);
  const [dialog, setDialog] = useState<Dialog>();
  const [saved, setSaved] = useState<string>();
  const places = useQuery(buildingPlacesQuery());
  const letters = useMemo(
    () => new Map((regions.data ?? []).map(({ id }, index) => [id, letterOf(index)] as const)),
    [regions.data],
  );
  const mayChange = me.role === "admin";
  const close = () => setDialog(undefined);
  const add = (
    <Button
      variant="signal"
      leftSection={<IconPlus size={20} aria-hidden />}
      onClick={() => setDialog({ kind: "name" })}
    >
      {t("regions.add")}
    </Button>
  );
  return (
    <div className={classes.page}>
      <PageTitle>{t("regions.title")}</PageTitle>
      <header className={classes.header}>
        <Title order={1}>{t("regions.title")}</Title>
        {mayChange && regions.data?.length !== 0 && add}
      </header>
      {saved !== undefined && <Notice icon={<IconCheck size={20} aria-hidden />}>{saved}</Notice>}
      {regions.isPending && <LoadingRows count={4} height={60} />}
      {regions.isError && regions.data === undefined && (
        <ErrorState error={regions.error} onRetry={() => regions.refetch()} />
      )}
      {regions.data?.length === 0 && (
        <EmptyState
          title={t("regions.empty_title")}
          text={mayChange ? t("regions.empty_text") : t("regions.empty_ask")}
          action={mayChange && add}
        />
      )}
      {regions.data !== undefined && regions.data.length > 0 && (
        <ul className={classes.list} aria-label={t("regions.title")}>
          {regions.data.map((region) => (
            <RegionRow
              key={region.id}
              region={region}
              letter={letters.get(region.id)}
              counts={places.data?.regions.find(({ id }) => id === region.id)}
              mayChange={mayChange}
              onDialog={setDialog}
            />
          ))}
        </ul>
      )}
      {regions.data !== undefined && regions.data.length > 0 && (
        <RegionsMap places={places} letters={letters} />
      )}
      {dialog?.kind === "name" && (
        <RegionDialog
          region={dialog.region}
          onSaved={({ name }) => {
            setSaved(t("regions.saved", { name }));
            close();
          }}
          onClose={close}
        />
      )}
      {dialog?.kind === "people" && (
        <RegionPeopleDialog me={me} region={dialog.region} onClose={close} />
      )}
      {dialog?.kind === "delete" && (
        <DeleteDialog
          region={dialog.region}
          onDeleted={() => {
            setSaved(t("regions.deleted", { name: dialog.region.name }));
            close();
          }}
          onClose={close}
        />
      )}
    </div>
  );
}

type RegionRowProps = {
  region: Region;
  /** By which the map knows it. */
  letter: RegionLetter | undefined;
  counts: RegionCounts | undefined;
  mayChange: boolean;
  onDialog: (dialog: Dialog) => void;
};

function RegionRow({ region, letter, counts, mayChange, onDialog }: RegionRowProps) {
  const { t } = useTranslation();
  const people = useQuery(workersQuery());
  const count = people.data?.filter((user) => user.region_ids.includes(region.id)).length;
  return (
    <li className={classes.row}>
      <RegionMark letter={letter} />
      <div className={classes.about}>
        <h2 className={classes.name}>{region.name}</h2>
        {counts !== undefined && (
          <p className={classes.counts}>
            {t("regions.buildings", { count: counts.building_count })}
            {counts.without_coordinates > 0 && (
              <>
                {" · "}
                <Link
                  to="/manage/buildings"
                  search={{ region: region.id, unplaced: true }}
                  aria-label={`${t("regions.unplaced", { count: counts.without_coordinates })}, ${region.name}`}
                >
                  {t("regions.unplaced", { count: counts.without_coordinates })}
                </Link>
              </>
            )}
          </p>
        )}
      </div>
      <div className={classes.actions}>
        <Button
          size="sm"
          className={classes.people}
          leftSection={<IconUsers size={18} aria-hidden />}
          aria-label={`${count === undefined ? t("regions.people") : t("regions.people_count", { count })}, ${region.name}`}
          onClick={() => onDialog({ kind: "people", region })}
        >
          {count === undefined ? t("regions.people") : t("regions.people_count", { count })}
        </Button>
        {mayChange && (
          <>
            <ActionIcon
              aria-label={t("regions.rename", { name: region.name })}
              onClick={() => onDialog({ kind: "name", region })}
            >
              <IconPencil size={20} aria-hidden />
            </ActionIcon>
            <ActionIcon
              aria-label={t("regions.delete", { name: region.name })}
              onClick={() => onDialog({ kind: "delete", region })}
            >
              <IconTrash size={20} aria-hidden />
            </ActionIcon>
          </>
        )}
      </div>
    </li>
  );
}

type DeleteDialogProps = { region: Region; onDeleted: () => void; onClose: () => void };

function DeleteDialog({ region, onDeleted, onClose }: DeleteDialogProps) {
  const { t } = useTranslation();
  const remove = useDeleteRegion(region.id);
  return (
    <ConfirmDialog
      title={t("regions.delete_title", { name: region.name })}
      text={t("regions.delete_text")}
      confirm={t("regions.delete_confirm")}
      pending={remove.isPending}
      problem={problemText(t, remove.error, t("regions.in_use"))}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
      onClose={onClose}
    />
  );
}
