import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { DayNews } from "@/shared/api/types";
import { clockTime } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { newsIcon, newsText } from "./news";
import { type DayFilter, dayFeedQuery } from "./queries";
import classes from "./wall-page.module.css";

/** More than fit on any wall. */
const asked = 10;

/** The latest remarks, stops that were not done and incidents, as they come; nothing as long as there are none. */
export function WallNews({ day, rows }: { day: DayFilter; rows: number }) {
  const { t } = useTranslation();
  const feed = useQuery(dayFeedQuery(day, asked));
  const items = feed.data?.items.slice(0, rows) ?? [];
  if (items.length === 0) {
    return feed.isError ? <p className={classes.newsFailed}>{t("wall.no_news")}</p> : null;
  }
  return (
    <div className={classes.news} role="log" aria-live="polite" aria-label={t("feed.title")}>
      <ol className={classes.newsItems}>
        {items.map((item) => (
          <News key={item.id} item={item} />
        ))}
      </ol>
    </div>
  );
}

function News({ item }: { item: DayNews }) {
  const { t } = useTranslation();
  const Icon = newsIcon(item);
  return (
    <li className={classes.item} data-kind={item.kind}>
      <Icon aria-hidden />
      <div className={classes.itemText}>
        <span className={classes.what}>
          <time dateTime={item.at}>{clockTime(item.at, currentLanguage())}</time>{" "}
          {newsText(t, item)}
        </span>
        <span>{item.text}</span>
        <span className={classes.where}>{streetLine(item.building.address, t)}</span>
      </div>
    </li>
  );
}
