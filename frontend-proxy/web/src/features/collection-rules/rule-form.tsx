import { Button, Checkbox, Select, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import type { CollectionRule, CollectionRuleResult } from "@/shared/api/types";
import { changedMeanwhile, useRefusals } from "@/shared/refusals";
import { RhythmFields } from "@/shared/rhythm/rhythm-fields";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { TimeField } from "@/shared/ui/time-field";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { useStored } from "@/shared/use-stored";
import { ruleSentence } from "@/shared/waste/rule-words";
import { useWasteKinds, wasteKindName } from "@/shared/waste/use-waste-kinds";
import { WasteSwatch } from "@/shared/waste/waste-kind";
import { useSaveRule } from "./queries";
import { RuleDates } from "./rule-dates";
import classes from "./rule-form.module.css";
import {
  noRule,
  paramsOf,
  problemsOf,
  type RuleValues,
  type StoredRule,
  valuesOf,
} from "./rule-values";
import { SeasonFields } from "./season-fields";
import { TargetFields } from "./target-fields";

// The form's fields by the names that the API uses.
const fields = {
  type: "type",
  rrule: "own",
  start_date: "start_date",
  season_to: "season_to",
  held_until: "held_until",
  building_ids: "buildings",
  tour_id: "tour_id",
  region_id: "region_id",
  note: "note",
  time_from: "time_from",
  time_to: "time_to",
} as const satisfies Record<string, keyof RuleValues>;

type RuleFormProps = {
  /** Undefined for a new one. */
  rule: CollectionRule | undefined;
  /** The building that a new one is for. */
  building?: { id: number; label: string } | undefined;
  /** Asks for what is stored, after somebody else was faster. */
  onRefresh?: () => void;
  onSaved: (result: CollectionRuleResult) => void;
  onClose: () => void;
};

/** Makes or changes a rule; what it would do stands beside it and follows every change. */
export function RuleForm({ rule, building, onRefresh, onSaved, onClose }: RuleFormProps) {
  const { t, i18n } = useTranslation();
  const factsOf = (stored: StoredRule): RuleValues => ({
    ...valuesOf(stored, t),
    ...(!("id" in stored) &&
      building !== undefined && { target: "buildings" as const, buildings: [building] }),
  });
  const form = useForm<RuleValues>({
    initialValues: factsOf(rule ?? noRule),
    validate: (values) => problemsOf(values, t),
  });
  const { values } = form;
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored<StoredRule, RuleValues>({
    stored: rule ?? noRule,
    factsOf,
    mine: values,
    adopt: (changed) => form.setValues(factsOf(changed)),
  });
  const { guard, release } = useUnsavedGuard(dirty);
  const save = useSaveRule(rule?.id);
  const refusals = useRefusals(form, fields);
  const complete = Object.keys(problemsOf(values, t)).length === 0;
  const described = paramsOf(values, base.version);
  const [asked] = useDebouncedValue(complete ? JSON.stringify(described) : "", 300);
  const submit = (wanted: RuleValues) =>
    save.mutate(paramsOf(wanted, base.version), {
      onSuccess: (result) => {
        release();
        onSaved(result);
      },
      onError: (error) => {
        refusals.show(error);
        if (changedMeanwhile(error)) {
          onRefresh?.();
        }
      },
    });
  const problem = changedMeanwhile(save.error)
    ? theirs === undefined
      ? t("changed.again")
      : undefined
    : // A recurrence is no field of its own unless it is typed.
      (refusals.problem(save.error) ??
      (values.rhythm !== "own" && form.errors.own !== undefined ? form.errors.own : undefined));
  const decide = (decision: () => void) => () => {
    decision();
    save.reset();
  };
  return (
    <div className={classes.columns}>
      <Form className={classes.form} busy={save.isPending} onSubmit={form.onSubmit(submit)}>
        {guard}
        {problem !== undefined && <FormError>{problem}</FormError>}
        {theirs !== undefined && "id" in theirs && (
          <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
            <p className={classes.theirs}>
              {ruleSentence(theirs, t, i18n.language)}
              {theirs.note !== "" && ` · ${theirs.note}`}
            </p>
          </ChangedMeanwhile>
        )}
        <fieldset disabled={save.isPending} className={classes.fields}>
          <section aria-labelledby="what" className={classes.section}>
            <h2 id="what" className={classes.title}>
              {t("rules.what")}
            </h2>
            <KindSelect
              value={values.type}
              error={form.errors.type}
              onChange={(type) => {
                form.clearFieldError("type");
                form.setFieldValue("type", type);
              }}
            />
            <TargetFields form={form} />
          </section>
          <section aria-labelledby="when" className={classes.section}>
            <h2 id="when" className={classes.title}>
              {t("rules.when")}
            </h2>
            <RhythmFields form={form} />
            <SeasonFields form={form} />
          </section>
          <section aria-labelledby="work" className={classes.section}>
            <h2 id="work" className={classes.title}>
              {t("rules.work")}
            </h2>
            <div className={classes.group}>
              <Checkbox
                className={classes.switch}
                label={t("rules.put_out")}
                {...form.getInputProps("put_out", { type: "checkbox" })}
              />
              <Checkbox
                className={classes.switch}
                label={t("rules.bring_in")}
                {...form.getInputProps("bring_in", { type: "checkbox" })}
              />
            </div>
            <div className={classes.pair}>
              <TimeField label={t("rules.time_from")} {...form.getInputProps("time_from")} />
              <TimeField label={t("rules.time_to")} {...form.getInputProps("time_to")} />
            </div>
            <Textarea
              label={t("rules.note")}
              description={t("rules.note_hint")}
              autosize
              minRows={2}
              maxLength={500}
              {...form.getInputProps("note")}
            />
          </section>
        </fieldset>
        <div className={classes.end}>
          {rule !== undefined && <p className={classes.quiet}>{t("rules.past_stays")}</p>}
          <div className={classes.actions}>
            <Button type="submit" variant="signal" loading={save.isPending}>
              {rule === undefined ? t("rules.add_submit") : t("app.save")}
            </Button>
            <Button onClick={onClose}>{t("app.cancel")}</Button>
            {dirty && rule !== undefined && (
              <span className={classes.quiet} role="status">
                {t("rules.not_saved")}
              </span>
            )}
          </div>
        </div>
      </Form>
      <aside className={classes.aside} aria-label={t("rules.preview")}>
        <p className={classes.sentence} aria-live="polite">
          {values.rhythm !== "own" && form.values.start_date !== null && daysChosen(values)
            ? ruleSentence(described, t, i18n.language)
            : t("rules.sentence_needs")}
        </p>
        <RuleDates
          params={asked === "" ? undefined : JSON.parse(asked)}
          exceptions={values.exceptions}
          onExceptions={(exceptions) => form.setFieldValue("exceptions", exceptions)}
        />
      </aside>
    </div>
  );
}

function daysChosen({ rhythm, days, nths, dates }: RuleValues): boolean {
  return rhythm === "dates"
    ? dates.length > 0
    : days.length > 0 && (rhythm !== "monthly" || nths.length > 0);
}

type KindSelectProps = {
  value: string | null;
  error: React.ReactNode;
  onChange: (type: string | null) => void;
};

/** A kind of waste that is in use, or the one that there is. */
function KindSelect({ value, error, onChange }: KindSelectProps) {
  const { t, i18n } = useTranslation();
  const kinds = useWasteKinds();
  const chosen = value === null ? undefined : kinds.kind(value);
  return (
    <Select
      label={t("rules.kind")}
      placeholder={t("rules.kind_placeholder")}
      allowDeselect={false}
      leftSection={chosen !== undefined && <WasteSwatch kind={chosen} size={24} />}
      data={kinds.all
        .filter(({ archived, code }) => !archived || code === value)
        .map((kind) => ({ value: kind.code, label: wasteKindName(kind, i18n.language) }))}
      renderOption={({ option }) => (
        <span className={classes.kind}>
          <WasteSwatch kind={kinds.kind(option.value)} size={24} />
          {option.label}
        </span>
      )}
      value={value}
      error={error}
      onChange={onChange}
    />
  );
}
