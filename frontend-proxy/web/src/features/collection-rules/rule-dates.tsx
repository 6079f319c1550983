import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CollectionRuleParams, RuleDate, RuleException } from "@/shared/api/types";
import { addDays, dayText } from "@/shared/dates";
import { problemText } from "@/shared/refusals";
import { DateField } from "@/shared/ui/date-field";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { LoadingRows } from "@/shared/ui/view-states";
import { previewQuery } from "./queries";
import classes from "./rule-dates.module.css";
import { withException } from "./rule-values";
import { skipText } from "./skip-text";

const farthest = 60;

type RuleDatesProps = {
  /** What the form describes; undefined as long as it describes no rule. */
  params: CollectionRuleParams | undefined;
  exceptions: readonly RuleException[];
  /** Left out where nothing can be changed. */
  onExceptions?: (exceptions: RuleException[]) => void;
};

type Asked = { kind: "move"; date: string } | { kind: "extra" };

/** The next dates of a rule, with what happens to each and why, and the exceptions that are made there. */
export function RuleDates({ params, exceptions, onExceptions }: RuleDatesProps) {
  const { t, i18n } = useTranslation();
  const [asked, setAsked] = useState<Asked>();
  const preview = useQuery({
    ...previewQuery(params ?? ({} as CollectionRuleParams)),
    enabled: params !== undefined,
  });
  const change = (date: string, exception: RuleException | undefined) =>
    onExceptions?.(withException(exceptions, date, exception));
  const dates = preview.data?.dates ?? [];
  const listed = new Set(dates.map(({ rule_date }) => rule_date));
  const elsewhere = exceptions.filter(({ date }) => !listed.has(date));
  return (
    <section aria-labelledby="dates" className={classes.section}>
      <header className={classes.header}>
        <h2 id="dates" className={classes.title}>
          {t("rules.next_dates")}
        </h2>
        {onExceptions !== undefined && (
          <Button
            size="sm"
            className={classes.button ?? ""}
            onClick={() => setAsked({ kind: "extra" })}
          >
            {t("rules.add_date")}
          </Button>
        )}
      </header>
      {params === undefined && preview.data === undefined && (
        <p className={classes.quiet}>{t("rules.preview_needs")}</p>
      )}
      {preview.isError && <FormError>{problemText(t, preview.error)}</FormError>}
      {params !== undefined && preview.isPending && <LoadingRows count={6} height={44} />}
      {preview.data !== undefined && !preview.isError && (
        <>
          <p className={classes.quiet} role="status">
            {t("rules.for_buildings", { count: preview.data.building_count })}
          </p>
          <ol
            className={classes.dates}
            aria-labelledby="dates"
            data-old={preview.isPlaceholderData || params === undefined || undefined}
          >
            {dates.map((date) => (
              <DateRow
                key={`${date.rule_date} ${date.date} ${date.skipped}`}
                date={date}
                exception={exceptions.find((one) => one.date === date.rule_date)}
                {...(onExceptions !== undefined && {
                  onChange: (exception: RuleException | undefined) =>
                    change(date.rule_date, exception),
                  onMove: () => setAsked({ kind: "move", date: date.rule_date }),
                })}
              />
            ))}
          </ol>
        </>
      )}
      {elsewhere.length > 0 && (
        <details className={classes.elsewhere}>
          <summary>{t("rules.other_exceptions", { count: elsewhere.length })}</summary>
          <ul className={classes.dates}>
            {elsewhere.map((exception) => (
              <li key={exception.date} className={classes.row}>
                <span>
                  {t(`rules.exception.${exception.kind as "skip"}`, {
                    date: dayText(exception.date, i18n.language),
                    to: dayText(exception.moved_to || exception.date, i18n.language),
                  })}
                </span>
                {onExceptions !== undefined && (
                  <Button
                    size="sm"
                    className={classes.button ?? ""}
                    aria-label={t("rules.remove_exception_of", {
                      date: dayText(exception.date, i18n.language),
                    })}
                    onClick={() => change(exception.date, undefined)}
                  >
                    {t("rules.remove_exception")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </details>
      )}
      {asked !== undefined && (
        <DateDialog
          asked={asked}
          taken={exceptions.map(({ date }) => date)}
          onChosen={(day) => {
            if (asked.kind === "move") {
              change(asked.date, { date: asked.date, kind: "move", moved_to: day });
            } else {
              change(day, { date: day, kind: "extra", moved_to: "" });
            }
            setAsked(undefined);
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  );
}

type DateRowProps = {
  date: RuleDate;
  exception: RuleException | undefined;
  onChange?: (exception: RuleException | undefined) => void;
  onMove?: () => void;
};

function DateRow({ date, exception, onChange, onMove }: DateRowProps) {
  const { t, i18n } = useTranslation();
  const shown = dayText(date.date, i18n.language);
  const original = dayText(date.rule_date, i18n.language);
  const holiday = date.holiday === "" ? undefined : t(`holidays.${date.holiday as "christmas"}`);
  const skip = { date: date.rule_date, kind: "skip", moved_to: "" };
  const skippedByHand = exception?.kind === "skip";
  const onHoliday = date.skipped === "holiday";
  return (
    <li className={classes.row} data-skipped={date.skipped !== "" || undefined}>
      <span className={classes.what}>
        <time dateTime={date.date} className={classes.day}>
          {shown}
        </time>
        {date.skipped !== "" && (
          <span className={classes.why}>{skipText(t, date.skipped, holiday)}</span>
        )}
        {date.skipped === "" && date.date !== date.rule_date && (
          <span className={classes.why}>
            {holiday === undefined
              ? t("rules.moved_by_hand", { date: original })
              : t("rules.moved_for_holiday", { date: original, holiday })}
          </span>
        )}
        {exception?.kind === "extra" && date.skipped === "" && (
          <span className={classes.why}>{t("rules.extra_date")}</span>
        )}
      </span>
      {onChange !== undefined && (
        <span className={classes.actions}>
          {exception?.kind !== "extra" && (date.skipped === "" || skippedByHand || onHoliday) && (
            <Button
              size="sm"
              className={classes.button ?? ""}
              aria-label={t("rules.move_of", { date: shown })}
              onClick={onMove}
            >
              {t("rules.move")}
            </Button>
          )}
          {date.skipped === "" && exception?.kind !== "extra" && (
            <Button
              size="sm"
              className={classes.button ?? ""}
              aria-label={t("rules.skip_of", { date: shown })}
              onClick={() => onChange(skip)}
            >
              {t("rules.skip")}
            </Button>
          )}
          {exception !== undefined && (
            <Button
              size="sm"
              className={classes.button ?? ""}
              aria-label={t("rules.remove_exception_of", { date: original })}
              onClick={() => onChange(undefined)}
            >
              {t("rules.remove_exception")}
            </Button>
          )}
        </span>
      )}
    </li>
  );
}

type DateDialogProps = {
  asked: Asked;
  /** The dates that have an exception already. */
  taken: readonly string[];
  onChosen: (day: string) => void;
  onClose: () => void;
};

function DateDialog({ asked, taken, onChosen, onClose }: DateDialogProps) {
  const { t, i18n } = useTranslation();
  const moving = asked.kind === "move";
  // The calendar opens where the date is.
  const [day, setDay] = useState<string | null>(moving ? asked.date : null);
  const [tried, setTried] = useState(false);
  const problem =
    day === null
      ? t("errors.reason.required")
      : moving && day === asked.date
        ? t("rules.move_same")
        : !moving && taken.includes(day)
          ? t("rules.has_exception")
          : undefined;
  return (
    <Dialog
      title={
        moving
          ? t("rules.move_title", { date: dayText(asked.date, i18n.language) })
          : t("rules.add_date")
      }
      onClose={onClose}
    >
      <Form
        className={dialog.content}
        busy={false}
        onSubmit={(event) => {
          // The form around it is not sent.
          event.stopPropagation();
          setTried(true);
          if (day !== null && problem === undefined) {
            onChosen(day);
          }
        }}
      >
        <p className={dialog.text}>{t(moving ? "rules.move_text" : "rules.extra_text")}</p>
        <DateField
          label={t(moving ? "rules.move_to" : "rules.extra_on")}
          value={day}
          onChange={setDay}
          {...(moving && {
            minDate: addDays(asked.date, -farthest),
            maxDate: addDays(asked.date, farthest),
          })}
          error={tried ? problem : undefined}
        />
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="ink">
            {t(moving ? "rules.move_submit" : "rules.extra_submit")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
