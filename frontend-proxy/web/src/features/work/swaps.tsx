import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Swap } from "@/shared/api/types";
import { addDays, nearDayText, today } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { isLive, mySwapsQuery, openSwapsQuery, type SwapStep } from "@/shared/swaps/swap-queries";
import { ErrorState } from "@/shared/ui/view-states";
import { ownWarnings } from "./swap-words";
import classes from "./swaps.module.css";

const SwapStepDialog = lazy(async () => ({
  default: (await import("./swap-dialogs")).SwapStepDialog,
}));

// For how many days it is said what became of a swap.
const newsDays = 7;

type SwapsProps = {
  /** The runs that the worker has, of which the list says itself whether they are asked. */
  ownRuns: ReadonlySet<number>;
};

/** What others ask the worker to do, what they have taken, and what became of their swaps in the last days. */
export function Swaps({ ownRuns }: SwapsProps) {
  const { t } = useTranslation();
  const mine = useQuery(mySwapsQuery);
  const open = useQuery(openSwapsQuery);
  if (open.data === undefined) {
    return open.isError ? (
      <section aria-label={t("swaps.title")} className={classes.section}>
        <ErrorState error={open.error} onRetry={() => open.refetch()} />
      </section>
    ) : null;
  }
  const since = addDays(today(), -newsDays);
  const told = (mine.data ?? []).filter((swap) =>
    isLive(swap)
      ? !ownRuns.has(swap.run.id)
      : swap.ended_at !== null && swap.ended_at.slice(0, 10) >= since && swap.state !== "withdrawn",
  );
  // The lists come one after the other: what the worker has taken a moment ago is offered no more.
  const taken = new Set(told.filter(isLive).map(({ id }) => id));
  const offered = open.data.filter(({ id }) => !taken.has(id));
  return (
    <>
      {told.length > 0 && (
        <section aria-label={t("swaps.mine")} className={classes.section}>
          <h2 className={classes.title}>{t("swaps.mine")}</h2>
          <ul className={classes.list}>
            {told.map((swap) => (
              <SwapRow
                key={swap.id}
                swap={swap}
                step={swap.state === "taken" ? "give-back" : undefined}
              />
            ))}
          </ul>
        </section>
      )}
      <section aria-label={t("swaps.title")} className={classes.section}>
        <h2 className={classes.title}>{t("swaps.open")}</h2>
        {offered.length === 0 ? (
          <p className={classes.quiet}>{t("swaps.open_none")}</p>
        ) : (
          <ul className={classes.list}>
            {offered.map((swap) => (
              <SwapRow key={swap.id} swap={swap} step="take" />
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

type SwapRowProps = { swap: Swap; step: SwapStep | undefined };

function SwapRow({ swap, step }: SwapRowProps) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const { tour, region, date, stops, agreed_minutes } = swap.run;
  const day = nearDayText(date, t, currentLanguage());
  const about = { tour: tour.name, day };
  return (
    <li className={classes.row}>
      <div className={classes.text}>
        <span className={classes.day}>{day}</span>
        <strong>{tour.name}</strong>
        <span className={classes.quiet}>
          {t("swaps.about", {
            region: region.name,
            stops: t("swaps.stops", { count: stops }),
            minutes: t("swaps.minutes", { count: agreed_minutes }),
          })}
        </span>
        {isLive(swap) ? (
          <>
            <span className={classes.quiet}>
              {t("swaps.asked_by", { name: swap.asked_by.first_name })}
              {swap.state === "taken" && ` · ${t("swaps.state.waits")}`}
            </span>
            {swap.message !== "" && (
              <p className={classes.message}>{t("swaps.message", { message: swap.message })}</p>
            )}
            {ownWarnings(t, swap.warnings).map((warning) => (
              <span key={warning} className={classes.warning}>
                <IconAlertTriangle size={16} aria-hidden />
                {warning}
              </span>
            ))}
          </>
        ) : (
          <span className={classes.quiet}>{endedText(t, swap)}</span>
        )}
      </div>
      {step === "take" && (
        <Button
          variant="ink"
          aria-label={t("swaps.take_of", about)}
          onClick={() => setAsking(true)}
        >
          {t("swaps.take")}
        </Button>
      )}
      {step === "give-back" && (
        <Button aria-label={t("swaps.give_back_of", about)} onClick={() => setAsking(true)}>
          {t("swaps.give_back")}
        </Button>
      )}
      {asking && step !== undefined && (
        <Suspense>
          <SwapStepDialog swap={swap} step={step} onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </li>
  );
}

function endedText(t: TFunction, swap: Swap): string {
  switch (swap.state) {
    case "approved":
      return t("swaps.state.approved", {
        taker: swap.taken_by?.first_name ?? "",
        asker: swap.asked_by.first_name,
      });
    case "refused":
      return t("swaps.state.refused", { reason: swap.reason });
    default:
      return t("swaps.state.lapsed");
  }
}
