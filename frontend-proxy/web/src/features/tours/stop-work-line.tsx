import { useTranslation } from "react-i18next";
import { addDays, nearDayText } from "@/shared/dates";
import { currentLanguage } from "@/shared/i18n/i18n";
import { WasteKindLabel } from "@/shared/waste/waste-kind";
import type { StopWork } from "./queries";
import classes from "./stops-editor.module.css";

type StopWorkLineProps = {
  /** Undefined when nothing is collected. */
  work: StopWork | undefined;
  day: string;
  /** The tour leaves a stop without work out that day. */
  hidden: boolean;
};

/** What is collected at a stop on a day and the next one; the bins for the latter go out the evening before. */
export function StopWorkLine({ work, day, hidden }: StopWorkLineProps) {
  const { t } = useTranslation();
  const days = [
    { day, codes: work?.today ?? [] },
    { day: addDays(day, 1), codes: work?.tomorrow ?? [] },
  ].filter(({ codes }) => codes.length > 0);
  return (
    <span className={classes.work}>
      {days.length === 0 && <span className={classes.quiet}>{t("tours.no_collection")}</span>}
      {days.map((one) => (
        <span key={one.day} className={classes.workDay}>
          <span className={classes.quiet}>{nearDayText(one.day, t, currentLanguage())}:</span>
          {one.codes.map((code) => (
            <WasteKindLabel key={code} code={code} short size={20} />
          ))}
        </span>
      ))}
      {hidden && work?.work !== true && (
        <span className={classes.leftOut}>{t("tours.left_out")}</span>
      )}
    </span>
  );
}
