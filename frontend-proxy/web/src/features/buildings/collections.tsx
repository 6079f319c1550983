import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection, CollectionRule } from "@/shared/api/types";
import { addDays, dayText, nearDayText } from "@/shared/dates";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import { useToday } from "@/shared/use-today";
import { ruleSentence } from "@/shared/waste/rule-words";
import { useCollectionEvents } from "@/shared/waste/use-collection-events";
import { WasteKindLabel } from "@/shared/waste/waste-kind";
import { CollectionDialog } from "./collection-dialog";
import { daysAhead, rulesOfBuildingQuery, upcomingQuery } from "./collection-queries";
import classes from "./collections.module.css";
import sections from "./sections.module.css";

type CollectionsProps = {
  buildingId: number;
  /** Nothing is planned at an archived building. */
  open: boolean;
  office: boolean;
};

/** What is collected at a building in the next days, and the rules that say so. */
export function Collections({ buildingId, open, office }: CollectionsProps) {
  const { t, i18n } = useTranslation();
  const today = useToday();
  const [adding, setAdding] = useState(false);
  const upcoming = useQuery(upcomingQuery(buildingId, today));
  const items = upcoming.data;
  return (
    <section aria-labelledby="collections" className={sections.section}>
      {office && <Live />}
      <div className={sections.header}>
        <h2 id="collections" className={sections.title}>
          {t("building_collections.title")}
        </h2>
        {office && open && (
          <div className={sections.actions}>
            <Button
              renderRoot={(props) => (
                <Link to="/manage/collections" search={{ building: [buildingId] }} {...props} />
              )}
            >
              {t("building_collections.calendar")}
            </Button>
            <Button
              leftSection={<IconPlus size={20} aria-hidden />}
              onClick={() => setAdding(true)}
            >
              {t("building_collections.add")}
            </Button>
          </div>
        )}
      </div>
      <p className={sections.quiet}>
        {t("building_collections.until", {
          date: dayText(addDays(today, daysAhead), i18n.language),
        })}
      </p>
      {upcoming.isPending && <LoadingRows count={4} height={44} />}
      {upcoming.isError && items === undefined && (
        <ErrorState error={upcoming.error} onRetry={() => upcoming.refetch()} />
      )}
      {items?.length === 0 && (
        <p className={sections.quiet}>
          {t(office ? "building_collections.none_office" : "building_collections.none")}
        </p>
      )}
      {items !== undefined && items.length > 0 && <Days items={items} office={office} />}
      <Rules buildingId={buildingId} office={office} open={open} />
      {adding && <CollectionDialog buildingId={buildingId} onClose={() => setAdding(false)} />}
    </section>
  );
}

/** Only the office may listen to what happens to all collections. */
function Live() {
  useCollectionEvents();
  return null;
}

// The rest is shown when it is asked for: a page about one building is not a calendar.
const daysShown = 8;

function Days({ items, office }: { items: readonly Collection[]; office: boolean }) {
  const { t, i18n } = useTranslation();
  const [all, setAll] = useState(false);
  const days = [...new Set(items.map(({ date }) => date))].map(
    (date) => [date, items.filter((item) => item.date === date)] as const,
  );
  const shown = all ? days : days.slice(0, daysShown);
  return (
    <>
      <ol className={classes.days} aria-labelledby="collections">
        {shown.map(([date, collections]) => (
          <li key={date} className={classes.day}>
            <time dateTime={date} className={classes.date}>
              {nearDayText(date, t, i18n.language)}
            </time>
            <ul className={classes.items}>
              {collections.map((collection) => (
                <Item key={collection.id} collection={collection} office={office} />
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {days.length > shown.length && (
        <Button className={classes.more ?? ""} onClick={() => setAll(true)}>
          {t("building_collections.more", { count: days.length - shown.length })}
        </Button>
      )}
    </>
  );
}

function Item({ collection, office }: { collection: Collection; office: boolean }) {
  const { t, i18n } = useTranslation();
  const {
    type,
    time_from: from,
    time_to: to,
    note,
    rule_id: rule,
    rule_date: planned,
  } = collection;
  const moved = planned !== null && planned !== collection.date;
  const work =
    collection.put_out && collection.bring_in
      ? undefined
      : t(collection.put_out ? "building_collections.put_out" : "building_collections.bring_in");
  const facts = [
    ...(from === "" ? [] : [t("building_collections.window", { from, to })]),
    ...(work === undefined ? [] : [work]),
    ...(moved ? [t("building_collections.moved", { date: dayText(planned, i18n.language) })] : []),
    ...(note === "" ? [] : [note]),
  ];
  return (
    <li className={classes.item}>
      <WasteKindLabel code={type} />
      {facts.length > 0 && <span className={sections.quiet}>{facts.join(" · ")}</span>}
      {office && (
        <span className={sections.quiet}>
          {rule === null ? (
            t("building_collections.by_hand")
          ) : (
            <Link
              to="/manage/collection-rules/$ruleId"
              params={{ ruleId: rule }}
              className={classes.rule ?? ""}
            >
              {t(
                collection.changed
                  ? "building_collections.rule_changed"
                  : "building_collections.rule",
              )}
            </Link>
          )}
        </span>
      )}
    </li>
  );
}

type RulesProps = { buildingId: number; office: boolean; open: boolean };

function Rules({ buildingId, office, open }: RulesProps) {
  const { t } = useTranslation();
  const rules = useQuery(rulesOfBuildingQuery(buildingId));
  return (
    <div className={classes.rules}>
      <h3 id="rules" className={classes.subtitle}>
        {t("building_collections.rules")}
      </h3>
      {rules.isPending && <LoadingRows count={2} height={44} />}
      {rules.isError && rules.data === undefined && (
        <ErrorState error={rules.error} onRetry={() => rules.refetch()} />
      )}
      {rules.data?.length === 0 && (
        <p className={sections.quiet}>{t("building_collections.no_rules")}</p>
      )}
      {rules.data !== undefined && rules.data.length > 0 && (
        <ul className={classes.list} aria-labelledby="rules">
          {rules.data.map((rule) => (
            <RuleItem key={rule.id} rule={rule} office={office} />
          ))}
        </ul>
      )}
      {office && open && (
        <Link
          to="/manage/collection-rules/$ruleId"
          params={{ ruleId: "new" }}
          search={{ building: buildingId }}
          className={classes.rule ?? ""}
        >
          {t("building_collections.add_rule")}
        </Link>
      )}
    </div>
  );
}

function RuleItem({ rule, office }: { rule: CollectionRule; office: boolean }) {
  const { t, i18n } = useTranslation();
  const sentence = ruleSentence(rule, t, i18n.language);
  return (
    <li className={classes.item}>
      <WasteKindLabel code={rule.type} />
      {office ? (
        <Link
          to="/manage/collection-rules/$ruleId"
          params={{ ruleId: rule.id }}
          className={classes.rule ?? ""}
        >
          {sentence}
        </Link>
      ) : (
        <span>{sentence}</span>
      )}
    </li>
  );
}
