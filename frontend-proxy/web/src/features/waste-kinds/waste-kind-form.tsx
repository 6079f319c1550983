import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import type { WasteKind } from "@/shared/api/types";
import { changedMeanwhile, useRefusals } from "@/shared/refusals";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { useStored } from "@/shared/use-stored";
import { wasteColourNames, wastePalette } from "@/shared/waste/colours";
import { wasteIcon, wasteIconNames } from "@/shared/waste/icons";
import { WasteSwatch } from "@/shared/waste/waste-kind";
import { useAddWasteKind, usePutWasteKind, type WasteKindFacts } from "./queries";
import classes from "./waste-kinds-page.module.css";

type Values = WasteKindFacts & { code: string };

const fields = {
  code: "code",
  name_nl: "name_nl",
  name_en: "name_en",
  name_fr: "name_fr",
  colour: "colour",
  icon: "icon",
} as const;

// What a kind that is added starts from.
const nothing = {
  version: 0,
  code: "",
  name_nl: "",
  name_en: "",
  name_fr: "",
  colour: wastePalette.green as string,
  icon: "trash",
};

function valuesOf(kind: WasteKind | typeof nothing): Values {
  const { code, name_nl, name_en, name_fr, colour, icon } = kind;
  return { code, name_nl, name_en, name_fr, colour, icon };
}

type WasteKindFormProps = {
  /** Undefined for a new one. */
  kind: WasteKind | undefined;
  /** Asks for what is stored, after somebody else was faster. */
  onRefresh: () => void;
  onSaved: (kind: WasteKind) => void;
  onClose: () => void;
};

/** Adds or changes a kind of waste. */
export function WasteKindForm({ kind, onRefresh, onSaved, onClose }: WasteKindFormProps) {
  const { t } = useTranslation();
  const needed = (text: string) => (text.trim() === "" ? t("errors.reason.required") : null);
  const form = useForm<Values>({
    initialValues: valuesOf(kind ?? nothing),
    validate: {
      code: (code) => (/^[A-Z0-9]{2,10}$/.test(code.trim()) ? null : t("waste.code_wrong")),
      name_nl: needed,
      name_en: needed,
      name_fr: needed,
    },
  });
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored<
    WasteKind | typeof nothing,
    Values
  >({
    stored: kind ?? nothing,
    factsOf: valuesOf,
    mine: form.values,
    adopt: (changed) => form.setValues(valuesOf(changed)),
  });
  const { guard, release } = useUnsavedGuard(dirty);
  const add = useAddWasteKind();
  const put = usePutWasteKind(kind?.code ?? "");
  const busy = add.isPending || put.isPending;
  const error = add.error ?? put.error;
  const refusals = useRefusals(form, fields);
  const submit = ({ code, ...facts }: Values) => {
    const then = {
      onSuccess: (saved: WasteKind) => {
        release();
        onSaved(saved);
      },
      onError: (failure: unknown) => {
        refusals.show(failure);
        if (changedMeanwhile(failure)) {
          onRefresh();
        }
      },
    };
    if (kind === undefined) {
      add.mutate({ code: code.trim(), ...facts }, then);
    } else {
      put.mutate({ ...facts, version: base.version }, then);
    }
  };
  const problem = changedMeanwhile(error)
    ? theirs === undefined
      ? t("changed.again")
      : undefined
    : refusals.problem(error);
  const decide = (decision: () => void) => () => {
    decision();
    put.reset();
  };
  const { values } = form;
  return (
    <Form className={classes.form} busy={busy} onSubmit={form.onSubmit(submit)}>
      {guard}
      {problem !== undefined && <FormError>{problem}</FormError>}
      {theirs !== undefined && (
        <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
          <p className={classes.theirs}>
            <WasteSwatch kind={theirs} size={32} />
            {[theirs.name_nl, theirs.name_en, theirs.name_fr].join(" · ")}
          </p>
        </ChangedMeanwhile>
      )}
      <p className={classes.sample}>
        <WasteSwatch kind={values} size={44} />
        {values.name_nl.trim() || values.code || t("waste.sample")}
      </p>
      <fieldset disabled={busy} className={classes.fields}>
        {kind === undefined && (
          <TextInput
            label={t("waste.code")}
            description={t("waste.code_hint")}
            maxLength={10}
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("code")}
            onChange={(event) =>
              form.setFieldValue("code", event.currentTarget.value.toUpperCase())
            }
          />
        )}
        <TextInput
          label={t("waste.name_nl")}
          maxLength={100}
          autoComplete="off"
          {...(kind !== undefined && { "data-autofocus": true })}
          {...form.getInputProps("name_nl")}
        />
        <TextInput
          label={t("waste.name_en")}
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps("name_en")}
        />
        <TextInput
          label={t("waste.name_fr")}
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps("name_fr")}
        />
        <Tiles
          label={t("waste.icon")}
          error={form.errors.icon}
          value={values.icon}
          onChange={(icon) => form.setFieldValue("icon", icon)}
          choices={wasteIconNames.map((icon) => {
            const Icon = wasteIcon(icon);
            return {
              value: icon,
              label: t(`waste.icons.${icon}`),
              drawing: <Icon size={24} stroke={1.75} aria-hidden />,
            };
          })}
        />
        <Tiles
          label={t("waste.colour")}
          error={form.errors.colour}
          value={values.colour}
          onChange={(colour) => form.setFieldValue("colour", colour)}
          choices={[
            ...wasteColourNames.map((name) => ({
              value: wastePalette[name] as string,
              label: t(`waste.colours.${name}`),
              drawing: (
                <WasteSwatch kind={{ colour: wastePalette[name], icon: values.icon }} size={32} />
              ),
            })),
            // One from before the palette stays a choice as long as the kind has it.
            ...(kind === undefined ||
            wasteColourNames.some((name) => wastePalette[name] === kind.colour)
              ? []
              : [
                  {
                    value: kind.colour,
                    label: t("waste.own_colour"),
                    drawing: (
                      <WasteSwatch kind={{ colour: kind.colour, icon: values.icon }} size={32} />
                    ),
                  },
                ]),
          ]}
        />
      </fieldset>
      <div className={classes.formActions}>
        <Button type="submit" variant="signal" loading={busy}>
          {kind === undefined ? t("waste.add_submit") : t("app.save")}
        </Button>
        <Button onClick={onClose}>{t("app.cancel")}</Button>
      </div>
    </Form>
  );
}

type TilesProps = {
  label: string;
  error: ReactNode;
  value: string;
  choices: readonly { value: string; label: string; drawing: ReactNode }[];
  onChange: (value: string) => void;
};

/** One of a few drawings; each has its word for screen readers and the pointer. */
function Tiles({ label, error, value, choices, onChange }: TilesProps) {
  const name = useId();
  return (
    <fieldset className={classes.choices}>
      <legend>{label}</legend>
      {error !== undefined && <FormError>{error}</FormError>}
      <div className={classes.tiles}>
        {choices.map((choice) => (
          <label key={choice.value} className={classes.tile} title={choice.label}>
            <input
              type="radio"
              name={name}
              aria-label={choice.label}
              checked={choice.value === value}
              onChange={() => onChange(choice.value)}
            />
            {choice.drawing}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
