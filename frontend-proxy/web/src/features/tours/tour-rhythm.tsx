import { Button } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import type { TourDetail } from "@/shared/api/types";
import { nearDayText } from "@/shared/dates";
import { loadTexts } from "@/shared/i18n/i18n";
import { Notice } from "@/shared/ui/view-states";
import { ruleSentence } from "@/shared/waste/rule-words";
import classes from "./tour-rhythm.module.css";

// The calendars in it are heavy, and opened now and then; its fields have the texts of rules.
const RhythmDialog = lazy(async () => {
  const [module] = await Promise.all([import("./rhythm-dialog"), loadTexts(["rules"])]);
  return { default: module.RhythmDialog };
});

/** On which days a tour is walked, and who usually does it. */
export function TourRhythm({ tour }: { tour: TourDetail }) {
  const { t, i18n } = useTranslation();
  const [editing, setEditing] = useState(false);
  const [saved, setSaved] = useState(false);
  const { rhythm, usual_walkers: walkers } = tour;
  const nothing = rhythm === null && walkers.length === 0;
  return (
    <section aria-labelledby="rhythm" className={classes.section}>
      <header className={classes.header}>
        <h2 id="rhythm" className={classes.title}>
          {t("rhythm.title")}
        </h2>
        <Button
          onClick={() => {
            setSaved(false);
            setEditing(true);
          }}
        >
          {t(nothing ? "rhythm.set" : "rhythm.edit")}
        </Button>
      </header>
      {saved && <Notice icon={<IconCheck size={20} aria-hidden />}>{t("rhythm.saved")}</Notice>}
      {rhythm === null ? (
        <p className={classes.quiet}>{t("rhythm.none")}</p>
      ) : (
        <>
          <p className={classes.sentence}>
            {ruleSentence(
              { ...rhythm, season_from: "", season_to: "", on_holidays: "keep" },
              t,
              i18n.language,
            )}
          </p>
          <p className={classes.quiet}>
            {rhythm.next_date === ""
              ? t("rhythm.no_next")
              : t("rhythm.next", { date: nearDayText(rhythm.next_date, t, i18n.language) })}
          </p>
        </>
      )}
      {!nothing && (
        <dl className={classes.walkers}>
          <dt>{t("rhythm.walkers")}</dt>
          <dd>
            {walkers.length === 0 ? (
              t("rhythm.no_walkers")
            ) : (
              <ol>
                {walkers.map((walker) => (
                  <li key={walker.id}>{fullName(walker)}</li>
                ))}
              </ol>
            )}
          </dd>
        </dl>
      )}
      {editing && (
        <Suspense>
          <RhythmDialog
            tour={tour}
            onClose={() => setEditing(false)}
            onSaved={() => {
              setSaved(true);
              setEditing(false);
            }}
          />
        </Suspense>
      )}
    </section>
  );
}
