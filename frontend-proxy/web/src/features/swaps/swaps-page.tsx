import { Anchor, Button, Title } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { Swap } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import {
  endedSwapsQuery,
  isLive,
  liveSwapsQuery,
  useSwapEvents,
} from "@/shared/swaps/swap-queries";
import listPage from "@/shared/ui/list-page.module.css";
import { PageTitle } from "@/shared/ui/page-title";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { Decision } from "./decision";
import { swapWarnings } from "./swap-warnings";
import classes from "./swaps-page.module.css";

/** Runs that workers want to give each other: those first that want a decision; for the office. */
export function SwapsPage() {
  const { t } = useTranslation();
  const live = useQuery(liveSwapsQuery);
  useSwapEvents();
  const taken = (live.data ?? []).filter(({ state }) => state === "taken");
  const open = (live.data ?? []).filter(({ state }) => state === "open");
  return (
    <div className={listPage.page}>
      <PageTitle>{t("swaps.office_title")}</PageTitle>
      <header className={listPage.header}>
        <Title order={1}>{t("swaps.office_title")}</Title>
      </header>
      {live.isPending && <LoadingRows count={4} height={88} />}
      {live.isError && live.data === undefined && (
        <ErrorState error={live.error} onRetry={() => live.refetch()} />
      )}
      {live.data !== undefined && (
        <>
          <SwapSection title={t("swaps.decide")} none={t("swaps.decide_none")} swaps={taken} />
          <SwapSection title={t("swaps.waiting")} none={t("swaps.waiting_none")} swaps={open} />
          <EndedSwaps />
        </>
      )}
    </div>
  );
}

function EndedSwaps() {
  const { t } = useTranslation();
  const ended = useInfiniteQuery(endedSwapsQuery);
  if (ended.data === undefined) {
    return ended.isError ? (
      <ErrorState error={ended.error} onRetry={() => ended.refetch()} />
    ) : (
      <LoadingRows count={3} height={88} />
    );
  }
  return (
    <>
      <SwapSection title={t("swaps.ended")} none={t("swaps.ended_none")} swaps={ended.data} />
      {ended.hasNextPage && (
        <Button
          className={classes.more}
          loading={ended.isFetchingNextPage}
          onClick={() => ended.fetchNextPage()}
        >
          {t("swaps.more")}
        </Button>
      )}
    </>
  );
}

type SwapSectionProps = { title: string; none: string; swaps: Swap[] };

function SwapSection({ title, none, swaps }: SwapSectionProps) {
  return (
    <section aria-label={title} className={classes.section}>
      <h2 className={classes.title}>{title}</h2>
      {swaps.length === 0 ? (
        <p className={classes.quiet}>{none}</p>
      ) : (
        <ul className={classes.list}>
          {swaps.map((swap) => (
            <SwapRow key={swap.id} swap={swap} />
          ))}
        </ul>
      )}
    </section>
  );
}

function SwapRow({ swap }: { swap: Swap }) {
  const { t } = useTranslation();
  const { tour, region, date, stops, agreed_minutes } = swap.run;
  const asker = fullName(swap.asked_by);
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <span className={classes.day}>{nearDayText(date, t, currentLanguage())}</span>
        <strong>{tour.name}</strong>
        <span className={classes.quiet}>
          {t("swaps.about", {
            region: region.name,
            stops: t("swaps.stops", { count: stops }),
            minutes: t("swaps.minutes", { count: agreed_minutes }),
          })}
        </span>
      </div>
      <div className={classes.who}>
        <span>
          {swap.taken_by === null
            ? t("swaps.asks", { asker })
            : t("swaps.instead", { taker: fullName(swap.taken_by), asker })}
        </span>
        {swap.message !== "" && (
          <p className={classes.message}>{t("swaps.message", { message: swap.message })}</p>
        )}
        {swap.state === "taken" &&
          swapWarnings(t, swap.warnings).map((warning) => (
            <span key={warning} className={classes.warning}>
              <IconAlertTriangle size={16} aria-hidden />
              {warning}
            </span>
          ))}
        {!isLive(swap) && <Ending swap={swap} />}
      </div>
      {isLive(swap) ? (
        <Decision swap={swap} />
      ) : (
        <div className={classes.actions}>
          <Anchor
            underline="always"
            aria-label={`${t("swaps.plan")}: ${tour.name}`}
            renderRoot={(props) => <Link to="/plan" search={{ date }} {...props} />}
          >
            {t("swaps.plan")}
          </Anchor>
        </div>
      )}
    </li>
  );
}

/** What became of a swap, and by whom. */
function Ending({ swap }: { swap: Swap }) {
  const { t } = useTranslation();
  const by =
    swap.decided_by === null ? "" : ` (${t("swaps.by", { name: fullName(swap.decided_by) })})`;
  switch (swap.state) {
    case "approved":
      return (
        <span className={classes.quiet}>
          {t("swaps.state.approved", {
            taker: swap.taken_by?.first_name ?? "",
            asker: swap.asked_by.first_name,
          })}
          {by}
        </span>
      );
    case "refused":
      return (
        <span className={classes.quiet}>
          {t("swaps.state.refused", { reason: swap.reason })}
          {by}
        </span>
      );
    case "withdrawn":
      return <span className={classes.quiet}>{t("swaps.state.withdrawn")}</span>;
    default:
      return <span className={classes.quiet}>{t("swaps.state.lapsed")}</span>;
  }
}
