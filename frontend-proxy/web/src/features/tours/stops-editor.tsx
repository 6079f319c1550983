import {
  type Announcements,
  closestCenter,
  DndContext,
  KeyboardSensor,
  PointerSensor,
  useSensor,
  useSensors,
} from "@dnd-kit/core";
import {
  arrayMove,
  SortableContext,
  sortableKeyboardCoordinates,
  verticalListSortingStrategy,
} from "@dnd-kit/sortable";
import { Button } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { Building, TourDetail } from "@/shared/api/types";
import { errorText, storedErrorText } from "@/shared/i18n/error-text";
import { changedMeanwhile } from "@/shared/refusals";
import { ChangedMeanwhile } from "@/shared/ui/changed-meanwhile";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { useKeptFocus } from "@/shared/ui/use-kept-focus";
import { EmptyState, Notice } from "@/shared/ui/view-states";
import { useStored } from "@/shared/use-stored";
import { AddStop } from "./add-stop";
import { tourWorkQuery, usePutStops } from "./queries";
import { StopRow } from "./stop-row";
import { StopWorkLine } from "./stop-work-line";
import classes from "./stops-editor.module.css";
import { StopsMap } from "./stops-map";
import { SuggestDialog } from "./suggest-dialog";
import { TourTools } from "./tour-tools";

export type StopBuilding = Pick<
  Building,
  "id" | "name" | "address" | "agreed_minutes" | "coordinates"
>;

type StopsEditorProps = {
  tour: TourDetail;
  /** The day whose collections are shown. */
  day: string;
  onDay: (day: string) => void;
  /** Asks for what is stored, after somebody else was faster. */
  onRefresh: () => void;
};

function stopsOf(tour: TourDetail): StopBuilding[] {
  return tour.stops.map(({ building: { id, name, address, agreed_minutes, coordinates } }) => ({
    id,
    name,
    address,
    agreed_minutes,
    coordinates,
  }));
}

function idsOf(stops: readonly StopBuilding[]): number[] {
  return stops.map(({ id }) => id);
}

/** The stops of a tour under edit: added by search, ordered by dragging, by buttons or by keys, saved together. */
export function StopsEditor({ tour, day, onDay, onRefresh }: StopsEditorProps) {
  const { t } = useTranslation();
  const [stops, setStops] = useState(() => stopsOf(tour));
  const [announcement, setAnnouncement] = useState("");
  const { base, dirty, theirs, takeTheirs, keepMine } = useStored({
    stored: tour,
    factsOf: (stored) => idsOf(stopsOf(stored)),
    mine: idsOf(stops),
    adopt: (stored) => setStops(stopsOf(stored)),
  });
  const { guard } = useUnsavedGuard(dirty);
  const save = usePutStops(tour.id);
  // The list that was sent: a refusal is about that one.
  const [sent, setSent] = useState<StopBuilding[]>();
  const failed = save.isError && sent === stops;
  const submit = () => {
    setSent(stops);
    setAnnouncement("");
    save.mutate(
      { building_ids: idsOf(stops), version: base.version },
      {
        onError: (error) => {
          if (changedMeanwhile(error)) {
            onRefresh();
          }
        },
      },
    );
  };
  // The bar goes once everything is saved, and takes the focus with it.
  const saveBar = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useKeptFocus(saveBar, save.isPending);
  useEffect(() => {
    if (save.isSuccess && document.activeElement === document.body) {
      heading.current?.focus({ preventScroll: true });
    }
  }, [save.isSuccess]);
  const decide = (decision: () => void) => () => {
    decision();
    save.reset();
  };
  const refused = new Map(
    failed && save.error instanceof ApiError
      ? save.error.rows.map(({ index, reason }) => [index, reason])
      : [],
  );
  const change = (next: StopBuilding[], text: string) => {
    setStops(next);
    setAnnouncement(text);
  };
  const move = (from: number, to: number) => {
    const stop = stops[from];
    if (stop !== undefined && from !== to && to >= 0 && to < stops.length) {
      change(
        arrayMove(stops, from, to),
        t("tours.moved", {
          address: streetLine(stop.address, t),
          position: to + 1,
          count: stops.length,
        }),
      );
    }
  };
  const work = useQuery(tourWorkQuery(tour.id, day));
  const [suggesting, setSuggesting] = useState(false);
  const [chosen, setChosen] = useState<number>();
  const choose = (id: number) => {
    setChosen(id);
    const row = document.querySelector(`[data-stop="${id}"]`);
    row?.scrollIntoView({ block: "nearest" });
    row?.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
  };
  const minutes = stops.reduce((sum, stop) => sum + stop.agreed_minutes, 0);
  return (
    <section className={classes.editor} aria-labelledby="stops">
      {guard}
      <div className={classes.editorHead}>
        <h2 id="stops" ref={heading} tabIndex={-1} className={classes.sectionTitle}>
          {t("tours.stops")}
        </h2>
        <span className={classes.quiet}>
          {t("tours.stop_count", { count: stops.length })} ·{" "}
          {t("app.minutes_short", { count: minutes })}
        </span>
      </div>
      <AddStop
        region={tour.region}
        present={idsOf(stops)}
        onAdd={(building) =>
          change(
            [...stops, building],
            t("tours.added", { address: streetLine(building.address, t) }),
          )
        }
      />
      {stops.length > 0 && (
        <TourTools
          tour={tour}
          stops={stops}
          day={day}
          onDay={onDay}
          work={work.data}
          workFailed={work.isError}
          onSuggest={() => setSuggesting(true)}
        />
      )}
      {stops.length === 0 ? (
        <EmptyState title={t("tours.no_stops_title")} text={t("tours.no_stops_text")} />
      ) : (
        <SortableStops
          stops={stops}
          disabled={save.isPending}
          workOf={(stop) =>
            // A stop that is not saved yet is not asked about.
            work.data === undefined || !idsOf(stopsOf(tour)).includes(stop.id) ? undefined : (
              <StopWorkLine work={work.data.get(stop.id)} day={day} hidden={tour.hide_idle_stops} />
            )
          }
          errorOf={(index) => {
            const reason = refused.get(index);
            return reason === undefined
              ? undefined
              : storedErrorText(t, "invalid_argument", reason);
          }}
          onMove={move}
          onRemove={(index) => {
            const stop = stops[index];
            if (stop !== undefined) {
              change(
                stops.filter((_, place) => place !== index),
                t("tours.removed", { address: streetLine(stop.address, t) }),
              );
              if (stops.length === 1) {
                heading.current?.focus();
              }
            }
          }}
        />
      )}
      <p className={classes.announcement} role="status">
        {announcement}
      </p>
      <StopsMap stops={stops} selected={chosen} onSelect={choose} />
      {suggesting && (
        <SuggestDialog
          tour={tour}
          stops={stops}
          onAccept={(ids) => {
            const next = ids.flatMap((id) => stops.find((stop) => stop.id === id) ?? []);
            change(next, t("tours.order_taken"));
            setSuggesting(false);
          }}
          onClose={() => setSuggesting(false)}
        />
      )}
      {theirs !== undefined && (
        <ChangedMeanwhile onTake={decide(takeTheirs)} onKeep={decide(keepMine)}>
          <TheirStops stops={stopsOf(theirs)} />
        </ChangedMeanwhile>
      )}
      {failed && theirs === undefined && (
        <FormError>
          {changedMeanwhile(save.error)
            ? t("changed.again")
            : refused.size > 0
              ? t("tours.rows_refused")
              : errorText(t, save.error)}
        </FormError>
      )}
      {save.isSuccess && !dirty && (
        <Notice icon={<IconCheck size={20} aria-hidden />}>{t("tours.stops_saved")}</Notice>
      )}
      {(dirty || save.isPending) && (
        <div ref={saveBar} className={classes.saveBar}>
          <span>{t("tours.not_saved")}</span>
          <Button
            onClick={() => {
              setStops(stopsOf(base));
              setAnnouncement("");
              save.reset();
              heading.current?.focus();
            }}
          >
            {t("tours.discard")}
          </Button>
          <Button variant="signal" loading={save.isPending} onClick={submit}>
            {t("tours.save")}
          </Button>
        </div>
      )}
    </section>
  );
}

/** The order that somebody else has saved. */
function TheirStops({ stops }: { stops: StopBuilding[] }) {
  const { t } = useTranslation();
  return stops.length === 0 ? (
    <p className={classes.quiet}>{t("tours.no_stops_title")}</p>
  ) : (
    <ol className={classes.theirs} aria-label={t("tours.their_stops")}>
      {stops.map((stop) => (
        <li key={stop.id}>{streetLine(stop.address, t)}</li>
      ))}
    </ol>
  );
}

type SortableStopsProps = {
  stops: StopBuilding[];
  disabled: boolean;
  workOf: (stop: StopBuilding) => ReactNode;
  errorOf: (index: number) => string | undefined;
  onMove: (from: number, to: number) => void;
  onRemove: (index: number) => void;
};

function SortableStops({ stops, disabled, workOf, errorOf, onMove, onRemove }: SortableStopsProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLOListElement>(null);
  const focusAfterChange = useRef<string>(undefined);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const ids = stops.map(({ id }) => id);
  // A row that is moved in the document, or taken out of it, loses the focus.
  useEffect(() => {
    if (focusAfterChange.current !== undefined) {
      list.current?.querySelector<HTMLElement>(focusAfterChange.current)?.focus();
      focusAfterChange.current = undefined;
    }
  });

  const addressOf = (id: string | number) => {
    const stop = stops.find((candidate) => candidate.id === id);
    return stop === undefined ? "" : streetLine(stop.address, t);
  };
  const place = (id: string | number) => ids.indexOf(Number(id)) + 1;
  const leftPlace = useRef(false);
  const announcements: Announcements = {
    onDragStart: ({ active }) => {
      leftPlace.current = false;
      return t("tours.drag_start", { address: addressOf(active.id) });
    },
    onDragOver: ({ active, over }) => {
      // Right after the start a stop is over its own place.
      if (over === null || (over.id === active.id && !leftPlace.current)) {
        return undefined;
      }
      leftPlace.current = true;
      return t("tours.moved", {
        address: addressOf(active.id),
        position: place(over.id),
        count: stops.length,
      });
    },
    onDragEnd: ({ active, over }) =>
      t("tours.moved", {
        address: addressOf(active.id),
        position: place(over?.id ?? active.id),
        count: stops.length,
      }),
    onDragCancel: ({ active }) => t("tours.drag_cancel", { address: addressOf(active.id) }),
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      accessibility={{
        announcements,
        screenReaderInstructions: { draggable: t("tours.drag_help") },
      }}
      onDragEnd={({ active, over }) => {
        if (over !== null) {
          onMove(ids.indexOf(Number(active.id)), ids.indexOf(Number(over.id)));
        }
      }}
    >
      <SortableContext items={ids} strategy={verticalListSortingStrategy}>
        <ol ref={list} className={classes.stops} aria-label={t("tours.stops")}>
          {stops.map((stop, index) => (
            <StopRow
              key={stop.id}
              stop={stop}
              position={index + 1}
              last={index === stops.length - 1}
              disabled={disabled}
              error={errorOf(index)}
              onMove={(step) => {
                const to = index + step;
                // At either end its button is disabled: go on with the other.
                const end = to === 0 ? "down" : to === stops.length - 1 ? "up" : undefined;
                const button = end ?? (step < 0 ? "up" : "down");
                focusAfterChange.current = `[data-stop="${stop.id}"] [data-move="${button}"]`;
                onMove(index, to);
              }}
              onRemove={() => {
                // The next one comes into its place; after the last one, the one before.
                const next = stops[index + 1] ?? stops[index - 1];
                focusAfterChange.current =
                  next === undefined ? undefined : `[data-stop="${next.id}"] [data-remove]`;
                onRemove(index);
              }}
            >
              {workOf(stop)}
            </StopRow>
          ))}
        </ol>
      </SortableContext>
    </DndContext>
  );
}
