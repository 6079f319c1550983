import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName, streetLine } from "@/shared/address";
import type { DayNews } from "@/shared/api/types";
import { clockTime } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./day-feed.module.css";
import { newsIcon, newsText } from "./news";
import { type DayFilter, dayFeedQuery } from "./queries";

const first = 10;
/** As many as the server tells at once. */
const most = 200;

/** Remarks, stops that were not done and incidents, the latest first, as they come. */
export function DayFeed({ day }: { day: DayFilter }) {
  const { t } = useTranslation();
  const [limit, setLimit] = useState(first);
  const feed = useQuery({ ...dayFeedQuery(day, limit), placeholderData: keepPreviousData });
  if (feed.isPending) {
    return <LoadingRows count={3} height={64} />;
  }
  if (feed.data === undefined) {
    return <ErrorState error={feed.error} onRetry={() => feed.refetch()} />;
  }
  return (
    <div className={classes.feed}>
      <div role="log" aria-live="polite" aria-label={t("feed.title")}>
        {feed.data.items.length === 0 ? (
          <p className={classes.empty}>{t("feed.empty")}</p>
        ) : (
          <ol className={classes.items}>
            {feed.data.items.map((item) => (
              <News key={item.id} item={item} />
            ))}
          </ol>
        )}
      </div>
      {feed.data.next_cursor !== "" &&
        (limit < most ? (
          <Button
            className={classes.more}
            loading={feed.isPlaceholderData}
            onClick={() => setLimit(limit === first ? 50 : most)}
          >
            {t("feed.more")}
          </Button>
        ) : (
          <p className={classes.empty}>{t("feed.most", { count: most })}</p>
        ))}
    </div>
  );
}

function News({ item }: { item: DayNews }) {
  const { t } = useTranslation();
  const Icon = newsIcon(item);
  return (
    <li className={classes.item} data-kind={item.kind}>
      <Icon size={20} aria-hidden className={classes.icon} />
      <div className={classes.body}>
        <p className={classes.what}>
          <time dateTime={item.at} className={classes.time}>
            {clockTime(item.at, currentLanguage())}
          </time>{" "}
          <What item={item} />
        </p>
        <p className={classes.text}>
          {item.text}
          {item.photos > 0 && (
            <span className={classes.quiet}> · {t("feed.photos", { count: item.photos })}</span>
          )}
        </p>
        <p className={classes.quiet}>
          <Link to="/manage/buildings/$buildingId" params={{ buildingId: item.building.id }}>
            {streetLine(item.building.address, t)}
          </Link>
          {item.run !== null && (
            <>
              {" · "}
              <Link to="/today" search={{ date: item.run.date, run: item.run.id }}>
                {item.run.tour.name}
              </Link>
              {" · "}
              {fullName(item.run.worker)}
            </>
          )}
        </p>
      </div>
    </li>
  );
}

/** What it is in a word; of an incident the way to it. */
function What({ item }: { item: DayNews }) {
  const { t } = useTranslation();
  return item.kind === "incident" ? (
    <Link to="/manage/incidents" search={{ status: "all", incident: item.incident_id }}>
      {newsText(t, item)}
    </Link>
  ) : (
    newsText(t, item)
  );
}
