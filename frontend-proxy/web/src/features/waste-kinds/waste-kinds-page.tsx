import { Button, Title } from "@mantine/core";
import { IconCheck, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Account, WasteKind } from "@/shared/api/types";
import { problemText } from "@/shared/refusals";
import { EdgeDialog } from "@/shared/ui/dialog";
import { FormError } from "@/shared/ui/form-error";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { EmptyState, ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { CollectionTabs } from "@/shared/waste/collection-tabs";
import { useCollectionEvents } from "@/shared/waste/use-collection-events";
import { wasteKindName } from "@/shared/waste/use-waste-kinds";
import { WasteSwatch } from "@/shared/waste/waste-kind";
import { wasteKindsQuery } from "@/shared/waste/waste-kinds-query";
import { useSetWasteKindArchived } from "./queries";
import { WasteKindForm } from "./waste-kind-form";
import classes from "./waste-kinds-page.module.css";

type WasteKindsPageProps = {
  me: Account;
  /** The code of the kind whose form is open, or "new". */
  open: string | undefined;
  onOpen: (kind: string | undefined) => void;
};

type Done = { what: "added" | "saved" | "archived" | "unarchived"; kind: WasteKind };

/** What is collected. Admins change it. */
export function WasteKindsPage({ me, open, onOpen }: WasteKindsPageProps) {
  const { t, i18n } = useTranslation();
  const kinds = useQuery(wasteKindsQuery);
  const [done, setDone] = useState<Done>();
  const archive = useSetWasteKindArchived();
  useCollectionEvents();
  const mayChange = me.role === "admin";
  const setArchived = (kind: WasteKind, archived: boolean) => {
    setDone(undefined);
    archive.mutate(
      { code: kind.code, archived },
      {
        onSuccess: (changed) =>
          setDone({ what: archived ? "archived" : "unarchived", kind: changed }),
      },
    );
  };
  const opened = kinds.data?.find(({ code }) => code === open);
  return (
    <div className={`${listPage.page} ${classes.page}`}>
      <PageTitle>{t("waste.title")}</PageTitle>
      <header className={listPage.header}>
        <Title order={1}>{t("waste.title")}</Title>
        {mayChange && (
          <Button
            variant="signal"
            leftSection={<IconPlus size={20} aria-hidden />}
            onClick={() => {
              setDone(undefined);
              onOpen("new");
            }}
          >
            {t("waste.add")}
          </Button>
        )}
      </header>
      <CollectionTabs />
      <p className={classes.quiet}>{mayChange ? t("waste.text") : t("waste.text_read")}</p>
      {done !== undefined && (
        <Notice
          icon={<IconCheck size={20} aria-hidden />}
          action={
            done.what === "archived" && (
              <Button loading={archive.isPending} onClick={() => setArchived(done.kind, false)}>
                {t("waste.undo")}
              </Button>
            )
          }
        >
          {t(`waste.${done.what}`, { name: wasteKindName(done.kind, i18n.language) })}
        </Notice>
      )}
      {archive.isError && <FormError>{problemText(t, archive.error)}</FormError>}
      {kinds.isPending && <LoadingRows count={7} height={64} />}
      {kinds.isError && kinds.data === undefined && (
        <ErrorState error={kinds.error} onRetry={() => kinds.refetch()} />
      )}
      {kinds.data?.length === 0 && (
        <EmptyState
          title={t("waste.empty_title")}
          text={mayChange ? t("waste.empty_text") : t("waste.empty_ask")}
        />
      )}
      {kinds.data !== undefined && kinds.data.length > 0 && (
        <KindTable
          kinds={kinds.data}
          {...(mayChange && {
            busy: archive.isPending,
            onEdit: ({ code }: WasteKind) => {
              setDone(undefined);
              onOpen(code);
            },
            onArchive: setArchived,
          })}
        />
      )}
      {mayChange && (open === "new" || opened !== undefined) && (
        <EdgeDialog
          position="right"
          // A click beside it is not how one leaves a form.
          closeOnClickOutside={false}
          title={
            opened === undefined
              ? t("waste.add")
              : t("waste.edit", { name: wasteKindName(opened, i18n.language) })
          }
          onClose={() => onOpen(undefined)}
        >
          <WasteKindForm
            key={open}
            kind={opened}
            onRefresh={() => void kinds.refetch()}
            onSaved={(kind) => {
              setDone({ what: opened === undefined ? "added" : "saved", kind });
              onOpen(undefined);
            }}
            onClose={() => onOpen(undefined)}
          />
        </EdgeDialog>
      )}
    </div>
  );
}

type KindTableProps = {
  kinds: readonly WasteKind[];
  busy?: boolean;
  /** These two for those who may change them. */
  onEdit?: (kind: WasteKind) => void;
  onArchive?: (kind: WasteKind, archived: boolean) => void;
};

function KindTable({ kinds, busy = false, onEdit, onArchive }: KindTableProps) {
  const { t, i18n } = useTranslation();
  // Those in use first.
  const sorted = kinds.toSorted((a, b) => Number(a.archived) - Number(b.archived));
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{t("waste.code")}</th>
          <th scope="col">{t("waste.name_nl")}</th>
          <th scope="col" className={classes.wide}>
            {t("waste.name_en")}
          </th>
          <th scope="col" className={classes.wide}>
            {t("waste.name_fr")}
          </th>
          {onEdit !== undefined && (
            <th scope="col">
              <span className={classes.hidden}>{t("waste.actions")}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {sorted.map((kind) => {
          const name = wasteKindName(kind, i18n.language);
          return (
            <tr key={kind.code} data-archived={kind.archived || undefined}>
              <th scope="row">
                <span className={classes.code}>
                  <WasteSwatch kind={kind} size={32} />
                  {kind.code}
                </span>
              </th>
              <td>
                <span lang="nl">{kind.name_nl}</span>
                <span className={classes.narrow}>
                  <span lang="en">{kind.name_en}</span> · <span lang="fr">{kind.name_fr}</span>
                </span>
                {kind.archived && <span className={classes.state}>{t("waste.is_archived")}</span>}
              </td>
              <td className={classes.wide} lang="en">
                {kind.name_en}
              </td>
              <td className={classes.wide} lang="fr">
                {kind.name_fr}
              </td>
              {onEdit !== undefined && (
                <td>
                  <div className={classes.actions}>
                    <Button
                      size="sm"
                      className={classes.action ?? ""}
                      aria-label={t("waste.edit", { name })}
                      onClick={() => onEdit(kind)}
                    >
                      {t("waste.edit_short")}
                    </Button>
                    <Button
                      size="sm"
                      className={classes.action ?? ""}
                      disabled={busy}
                      aria-label={t(kind.archived ? "waste.unarchive_of" : "waste.archive_of", {
                        name,
                      })}
                      onClick={() => onArchive?.(kind, !kind.archived)}
                    >
                      {kind.archived ? t("waste.unarchive") : t("waste.archive")}
                    </Button>
                  </div>
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
