import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { clockTime, dayOf, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./history.module.css";
import { historyQuery } from "./queries";
import sections from "./sections.module.css";

// What is told of a building; others are of a newer server.
const kinds = [
  "building.created",
  "building.changed",
  "building.archived",
  "building.unarchived",
  "building.public_id_renewed",
  "building.photo_changed",
  "building.photo_removed",
  "comment.created",
  "comment.changed",
  "comment.deleted",
  "manual.added",
  "manual.changed",
  "manual.deleted",
] as const;

/** Who changed what about a building, the latest first. */
export function History({ buildingId }: { buildingId: number }) {
  const { t } = useTranslation();
  const language = currentLanguage();
  const history = useInfiniteQuery(historyQuery(buildingId));
  const items = history.data;
  return (
    <section aria-labelledby="history" className={sections.section}>
      <header className={sections.header}>
        <h2 id="history" className={sections.title}>
          {t("history.title")}
        </h2>
        <Link
          to="/manage/audit"
          search={{ thing_kind: "building", thing_id: buildingId }}
          className={classes.all ?? ""}
        >
          {t("history.details")}
        </Link>
      </header>
      {history.isPending && <LoadingRows count={3} height={48} />}
      {history.isError && items === undefined && (
        <ErrorState error={history.error} onRetry={() => history.refetch()} />
      )}
      {items?.length === 0 && <p className={sections.quiet}>{t("history.empty")}</p>}
      {items !== undefined && items.length > 0 && (
        <ol className={classes.list} aria-labelledby="history">
          {items.map(({ id, kind, actor, occurred_at }) => {
            const known = kinds.find((one) => one === kind);
            const day = nearDayText(dayOf(new Date(occurred_at)), t, language);
            const who =
              actor.user_id === 0 ? t("history.system") : actor.name || t("comment.somebody");
            return (
              <li key={id}>
                {known === undefined ? kind : t(`history.${known}`)}
                <span className={sections.quiet}>
                  {who}, {day} {clockTime(occurred_at, language)}
                </span>
              </li>
            );
          })}
        </ol>
      )}
      {history.hasNextPage && (
        <div>
          <Button loading={history.isFetchingNextPage} onClick={() => history.fetchNextPage()}>
            {t("buildings.more")}
          </Button>
        </div>
      )}
    </section>
  );
}
