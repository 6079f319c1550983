import { Button } from "@mantine/core";
import { IconArrowBackUp, IconCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { TourDetail, TourVersion } from "@/shared/api/types";
import { nearMomentText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { StopChanges } from "@/shared/runs/stop-changes";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import { tourVersionsQuery, useRestoreVersion } from "./queries";
import classes from "./tour-versions.module.css";

/** What the stops of a tour were, who changed them and when; an old version can come back. */
export function TourVersions({ tour }: { tour: TourDetail }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <section aria-labelledby="versions" className={classes.section}>
      <header className={classes.header}>
        <h2 id="versions" className={classes.title}>
          {t("versions.title")}
        </h2>
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? "versions.hide" : "versions.show")}
        </Button>
      </header>
      {open && <VersionList tour={tour} />}
    </section>
  );
}

function VersionList({ tour }: { tour: TourDetail }) {
  const { t } = useTranslation();
  const versions = useInfiniteQuery(tourVersionsQuery(tour.id));
  const [asked, setAsked] = useState<number>();
  const restore = useRestoreVersion(tour);
  const newest = versions.data?.[0]?.number;
  if (versions.data === undefined) {
    return versions.isError ? (
      <ErrorState error={versions.error} onRetry={() => versions.refetch()} />
    ) : (
      <LoadingRows count={3} height={72} />
    );
  }
  return (
    <>
      {restore.isSuccess && (
        <Notice icon={<IconCheck size={20} aria-hidden />}>
          {restore.data.left_out.length === 0
            ? t("versions.restored", { number: restore.variables })
            : t("versions.left_out", {
                number: restore.variables,
                stops: restore.data.left_out
                  .map(({ address }) => streetLine(address, t))
                  .join(", "),
              })}
        </Notice>
      )}
      <ol className={classes.versions} aria-label={t("versions.list")}>
        {versions.data.map((version) => (
          <li key={version.number} className={classes.version}>
            <div className={classes.header}>
              <h3 className={classes.number}>
                {t("versions.number", { number: version.number })}
                {version.number === newest && (
                  <span className={classes.now}> {t("versions.now")}</span>
                )}
              </h3>
              {version.number !== newest && !tour.archived && (
                <Button
                  leftSection={<IconArrowBackUp size={16} aria-hidden />}
                  aria-label={t("versions.restore_of", { number: version.number })}
                  onClick={() => {
                    restore.reset();
                    setAsked(version.number);
                  }}
                >
                  {t("versions.restore")}
                </Button>
              )}
            </div>
            <p className={classes.quiet}>
              {t(`versions.cause.${version.cause}`, { number: version.restored_from })} ·{" "}
              {t("versions.stops", { count: version.stop_count })} ·{" "}
              <WhoAndWhen version={version} />
            </p>
            {version.idle_stops_changed && (
              <p className={classes.quiet}>
                {t(version.hide_idle_stops ? "versions.idle_left_out" : "versions.idle_back")}
              </p>
            )}
            {version.changes.length > 0 && <StopChanges changes={version.changes} />}
          </li>
        ))}
      </ol>
      {versions.hasNextPage && (
        <Button
          className={classes.more}
          loading={versions.isFetchingNextPage}
          onClick={() => void versions.fetchNextPage()}
        >
          {t("buildings.more")}
        </Button>
      )}
      {asked !== undefined && (
        <ConfirmDialog
          title={t("versions.restore_title", { number: asked })}
          text={t("versions.restore_text")}
          confirm={t("versions.restore_confirm", { number: asked })}
          pending={restore.isPending}
          problem={problemText(t, restore.error)}
          onConfirm={() => restore.mutate(asked, { onSuccess: () => setAsked(undefined) })}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

function WhoAndWhen({ version }: { version: TourVersion }) {
  const { t } = useTranslation();
  const time = nearMomentText(version.changed_at, t, currentLanguage());
  return version.changed_by === null
    ? t("versions.unknown", { time })
    : t("versions.by", { name: version.changed_by.name || t("versions.gone"), time });
}
