import { Button, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import { nearMomentText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { FormError } from "@/shared/ui/form-error";
import listPage from "@/shared/ui/list-page.module.css";
import openRows from "@/shared/ui/open-rows.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { moveRowFocus } from "@/shared/ui/row-keys";
import { EmptyState, ErrorState, LoadingRows, Notice } from "@/shared/ui/view-states";
import classes from "./audit-page.module.css";
import { ChangePanel } from "./change-panel";
import { Filters } from "./filters";
import { isNamedKind } from "./kinds";
import { type AuditChange, type AuditFilter, changesQuery, useDownload } from "./queries";
import { actorText, changedText, kindText, thingKindText, thingText } from "./texts";
import { ThingLink } from "./thing-link";

type AuditPageProps = {
  filter: AuditFilter;
  /** The change whose panel is open. */
  open: number | undefined;
  onFilter: (filter: AuditFilter) => void;
  onClose: () => void;
};

/** Who changed what, and when; for the office. */
export function AuditPage({ filter, open, onFilter, onClose }: AuditPageProps) {
  const { t } = useTranslation();
  const download = useDownload(filter);
  const { error } = download;
  const problem =
    error instanceof ApiError && error.code === "failed_precondition"
      ? t("audit.too_many")
      : problemText(t, error);
  return (
    <div className={classes.layout} data-panel={open !== undefined || undefined}>
      <PageTitle>{t("audit.title")}</PageTitle>
      <div className={listPage.page}>
        <header className={listPage.header}>
          <Title order={1}>{t("audit.title")}</Title>
          <Button
            leftSection={<IconDownload size={18} aria-hidden />}
            loading={download.isPending}
            onClick={() => download.mutate()}
          >
            {t("audit.download")}
          </Button>
        </header>
        {problem !== undefined && <FormError>{problem}</FormError>}
        <Filters filter={filter} onFilter={onFilter} />
        <Changes filter={filter} open={open} onFilter={onFilter} />
      </div>
      {open !== undefined && <ChangePanel key={open} id={open} filter={filter} onClose={onClose} />}
    </div>
  );
}

type ChangesProps = Pick<AuditPageProps, "filter" | "open" | "onFilter">;

function Changes({ filter, open, onFilter }: ChangesProps) {
  const { t } = useTranslation();
  const changes = useInfiniteQuery(changesQuery(filter));
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const clear = <Button onClick={() => onFilter({})}>{t("people.clear")}</Button>;
  return (
    <>
      <OneThing filter={filter} changes={changes.data} onFilter={onFilter} />
      {changes.isPending && <LoadingRows count={8} height={64} />}
      {changes.isError && changes.data === undefined && (
        <ErrorState error={changes.error} onRetry={() => changes.refetch()} />
      )}
      {changes.data?.length === 0 &&
        (filtered ? (
          <EmptyState
            title={t("audit.none_found_title")}
            text={t("audit.none_found_text")}
            action={clear}
          />
        ) : (
          <EmptyState title={t("audit.empty_title")} text={t("audit.empty_text")} />
        ))}
      {changes.data !== undefined && changes.data.length > 0 && (
        <ul className={openRows.rows} aria-label={t("audit.title")} onKeyDown={moveRowFocus}>
          {changes.data.map((change) => (
            <ChangeRow key={change.id} change={change} filter={filter} open={change.id === open} />
          ))}
        </ul>
      )}
      {changes.hasNextPage && (
        <Button
          className={classes.more}
          loading={changes.isFetchingNextPage}
          onClick={() => changes.fetchNextPage()}
        >
          {t("people.more")}
        </Button>
      )}
    </>
  );
}

type OneThingProps = {
  filter: AuditFilter;
  changes: readonly AuditChange[] | undefined;
  onFilter: (filter: AuditFilter) => void;
};

/** Says to which thing the list is narrowed, where no field does. */
function OneThing({ filter, changes, onFilter }: OneThingProps) {
  const { t } = useTranslation();
  const { thing_kind: kind, thing_id: id } = filter;
  if (kind === undefined || id === undefined || isNamedKind(kind)) {
    return null;
  }
  const one = changes?.find(({ thing }) => thing.kind === kind && thing.id === String(id));
  const name = one === undefined ? "" : thingText(t, one);
  const thing = `${thingKindText(t, kind)} ${name === "" ? id : name}`;
  return (
    <Notice
      action={
        <Button onClick={() => onFilter({ ...filter, thing_kind: undefined, thing_id: undefined })}>
          {t("people.clear")}
        </Button>
      }
    >
      {t("audit.only_thing", { thing })}
    </Notice>
  );
}

type ChangeRowProps = { change: AuditChange; filter: AuditFilter; open: boolean };

function ChangeRow({ change, filter, open }: ChangeRowProps) {
  const { t } = useTranslation();
  const { actor } = change;
  const [what, thing, who] = [kindText(t, change.kind), thingText(t, change), actorText(t, actor)];
  const changed = changedText(t, change);
  return (
    <li className={`${openRows.row} ${classes.row}`} data-open={open || undefined}>
      <div className={classes.what}>
        <Link
          to="/manage/audit"
          search={{ ...filter, entry: change.id }}
          resetScroll={false}
          className={openRows.link}
          aria-label={t("audit.open", { what, thing, who })}
          aria-expanded={open}
          data-row-link
        >
          {what}
        </Link>
        {changed !== "" && <span className={classes.quiet}>{changed}</span>}
      </div>
      <div className={classes.thing}>
        <ThingLink change={change} className={classes.thingLink ?? ""}>
          {thing}
        </ThingLink>
      </div>
      <div className={classes.who}>
        <span>{who}</span>
        {actor.address !== "" && <span className={classes.quiet}>{actor.address}</span>}
      </div>
      <time className={classes.when} dateTime={change.occurred_at}>
        {nearMomentText(change.occurred_at, t, currentLanguage())}
      </time>
    </li>
  );
}
