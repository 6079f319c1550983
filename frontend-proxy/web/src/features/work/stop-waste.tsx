import { useTranslation } from "react-i18next";
import type { Stop } from "@/shared/api/types";
import { addDays, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { useWasteKinds } from "@/shared/waste/use-waste-kinds";
import { WasteKindLabel } from "@/shared/waste/waste-kind";
import classes from "./stop-waste.module.css";

type Collections = Stop["collections"];

type StopWasteProps = {
  /** Of the day of the run and of the next one. */
  collections: Collections;
  /** The day of the run. */
  date: string;
};

/** What goes out at a stop on the day of the run and, greyed, on the next one. */
export function StopWaste({ collections, date }: StopWasteProps) {
  const { t } = useTranslation();
  const next = addDays(date, 1);
  const day = (of: string) => nearDayText(of, t, currentLanguage());
  const out = collections.filter((one) => one.date === date && one.put_out);
  const rows = [
    { name: t("stop_waste.out", { day: day(date) }), of: out },
    {
      name: t("stop_waste.in", { day: day(date) }),
      of: collections.filter((one) => one.date === date && !one.put_out && one.bring_in),
    },
    {
      name: t("stop_waste.out", { day: day(next) }),
      of: collections.filter((one) => one.date === next && one.put_out),
      later: true,
    },
  ].filter(({ of }) => of.length > 0);
  if (rows.length === 0) {
    return <p className={classes.none}>{t("stop_waste.none")}</p>;
  }
  return (
    <dl className={classes.rows} aria-label={t("stop_waste.label")}>
      {rows.map(({ name, of, later }) => (
        <div key={name} className={classes.row} data-later={later}>
          <dt>{capital(name)}</dt>
          <dd>
            <Kinds collections={of} />
            {of === out && out.some(({ bring_in }) => bring_in) && (
              <span className={classes.quiet}>{t("stop_waste.then_in")}</span>
            )}
            <Notes collections={of} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Kinds({ collections }: { collections: Collections }) {
  const { t } = useTranslation();
  return (
    <ul className={classes.kinds}>
      {collections.map(({ type, time_from: from, time_to: to }) => (
        <li key={type}>
          <WasteKindLabel code={type} size={26} />
          {from !== "" && (
            <span className={classes.quiet}>{t("stop_waste.time", { from, to })}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Notes({ collections }: { collections: Collections }) {
  const { name } = useWasteKinds();
  return collections
    .filter(({ note }) => note !== "")
    .map(({ type, note }) => (
      <span key={type} className={classes.note}>
        {name(type)}: {note}
      </span>
    ));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
