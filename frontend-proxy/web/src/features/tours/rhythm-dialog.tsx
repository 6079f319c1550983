import { ActionIcon, Button, Select, Switch } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconArrowUp, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fullName } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { TourDetail } from "@/shared/api/types";
import { workersQuery } from "@/shared/people/workers-query";
import { useRefusals } from "@/shared/refusals";
import { HoldFields } from "@/shared/rhythm/hold-fields";
import { RhythmFields } from "@/shared/rhythm/rhythm-fields";
import {
  type RhythmValues,
  rhythmParamsOf,
  rhythmProblems,
  rhythmValuesOf,
} from "@/shared/rhythm/rhythm-values";
import { Dialog } from "@/shared/ui/dialog";
import dialog from "@/shared/ui/dialog.module.css";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { usePutRhythm } from "./queries";
import classes from "./tour-rhythm.module.css";

const fields = {
  rrule: "own",
  start_date: "start_date",
  held_until: "held_until",
} as const satisfies Record<string, keyof RhythmValues>;

const noRhythm = { rrule: "", start_date: "", held_from: "", held_until: "" };
const maxWalkers = 20;

type Walker = TourDetail["usual_walkers"][number];
type Values = RhythmValues & {
  regular: boolean;
  walkers: Pick<Walker, "id" | "first_name" | "last_name">[];
};

type RhythmDialogProps = { tour: TourDetail; onClose: () => void; onSaved: () => void };

/** Asks on which days a tour is walked, and who usually does it. */
export function RhythmDialog({ tour, onClose, onSaved }: RhythmDialogProps) {
  const { t } = useTranslation();
  const form = useForm<Values>({
    initialValues: {
      ...rhythmValuesOf(tour.rhythm ?? undefined),
      regular: tour.rhythm !== null || tour.usual_walkers.length === 0,
      walkers: tour.usual_walkers,
    },
    validate: (values) => (values.regular ? rhythmProblems(values, t) : {}),
  });
  const { values } = form;
  const save = usePutRhythm(tour.id);
  const refusals = useRefusals(form, fields);
  const refused = refusedWalkers(save.error, save.variables?.usual_walker_ids ?? []);
  const named = values.walkers.filter(({ id }) => refused.includes(id));
  const problem =
    named.length > 0
      ? t("rhythm.walkers_refused", { names: named.map(fullName).join(", ") })
      : // A recurrence is no field of its own unless it is typed.
        (refusals.problem(save.error) ?? (values.rhythm !== "own" ? form.errors.own : undefined));
  return (
    <Dialog
      title={t("rhythm.dialog", { name: tour.name })}
      onClose={onClose}
      closeOnClickOutside={!form.isDirty()}
    >
      <Form
        className={dialog.content}
        busy={save.isPending}
        onSubmit={form.onSubmit((wanted) =>
          save.mutate(
            {
              ...(wanted.regular ? rhythmParamsOf(wanted) : noRhythm),
              usual_walker_ids: wanted.walkers.map(({ id }) => id),
              version: tour.version,
            },
            { onSuccess: onSaved, onError: refusals.show },
          ),
        )}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        <fieldset disabled={save.isPending} className={dialog.fields}>
          <Switch
            label={t("rhythm.regular")}
            description={t("rhythm.regular_hint")}
            {...form.getInputProps("regular", { type: "checkbox" })}
          />
          {values.regular && (
            <>
              <RhythmFields form={form} />
              <HoldFields form={form} hint={t("rhythm.held_hint")} />
            </>
          )}
          <Walkers
            tour={tour}
            value={values.walkers}
            refused={refused}
            onChange={(walkers) => form.setFieldValue("walkers", walkers)}
          />
        </fieldset>
        <div className={dialog.actions}>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="signal" loading={save.isPending}>
            {t("app.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function refusedWalkers(error: unknown, sent: readonly number[]): number[] {
  return error instanceof ApiError && error.field === "usual_walker_ids"
    ? error.rows.flatMap(({ index }) => sent[index] ?? [])
    : [];
}

type WalkersProps = {
  tour: TourDetail;
  value: Values["walkers"];
  refused: readonly number[];
  onChange: (walkers: Values["walkers"]) => void;
};

/** Who usually walks the tour, those first who are asked first. */
function Walkers({ tour, value, refused, onChange }: WalkersProps) {
  const { t } = useTranslation();
  const workers = useQuery(workersQuery(tour.region.id));
  const region = tour.region.name;
  const others = (workers.data ?? []).filter(({ id }) => value.every((one) => one.id !== id));
  return (
    <>
      <p id="walkers" className={classes.label}>
        {t("rhythm.walkers")}
      </p>
      {value.length > 0 && (
        <ol className={classes.chosen} aria-labelledby="walkers">
          {value.map((walker, place) => (
            <li key={walker.id}>
              <span className={refused.includes(walker.id) ? classes.refused : undefined}>
                {`${place + 1}. ${fullName(walker)}`}
              </span>
              {place > 0 && (
                <ActionIcon
                  size={44}
                  variant="subtle"
                  aria-label={t("rhythm.up", { name: fullName(walker) })}
                  onClick={() => onChange(movedUp(value, place))}
                >
                  <IconArrowUp size={20} aria-hidden />
                </ActionIcon>
              )}
              <ActionIcon
                size={44}
                variant="subtle"
                aria-label={t("rhythm.remove", { name: fullName(walker) })}
                onClick={() => onChange(value.filter(({ id }) => id !== walker.id))}
              >
                <IconX size={20} aria-hidden />
              </ActionIcon>
            </li>
          ))}
        </ol>
      )}
      {value.length < maxWalkers ? (
        <Select
          label={t("rhythm.add_walker")}
          description={t("rhythm.walkers_hint", { region })}
          placeholder={t("rhythm.add_placeholder")}
          searchable
          nothingFoundMessage={t("rhythm.nobody_found", { region })}
          data={others.map((worker) => ({ value: String(worker.id), label: fullName(worker) }))}
          value={null}
          onChange={(chosen) => {
            const walker = others.find(({ id }) => String(id) === chosen);
            if (walker !== undefined) {
              onChange([...value, walker]);
            }
          }}
          error={workers.isError ? t("page.load_failed") : undefined}
        />
      ) : (
        <p className={classes.quiet}>{t("rhythm.too_many")}</p>
      )}
    </>
  );
}

function movedUp<Item>(items: readonly Item[], place: number): Item[] {
  const moved = [...items];
  moved.splice(place - 1, 0, ...moved.splice(place, 1));
  return moved;
}
