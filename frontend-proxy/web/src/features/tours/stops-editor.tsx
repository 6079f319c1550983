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
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { ApiError } from "@/shared/api/client";
import type { Building, TourDetail } from "@/shared/api/types";
import { changedMeanwhile } from "@/shared/field-error";
import { errorText, storedErrorText } from "@/shared/i18n/error-text";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import { EmptyState } from "@/shared/ui/view-states";
import { AddStop } from "./add-stop";
import { putStops, tourQuery } from "./queries";
import { StopRow } from "./stop-row";
import classes from "./tours.module.css";

export type StopBuilding = Pick<Building, "id" | "name" | "address" | "agreed_minutes">;

/** The stops of a tour under edit: added by search, ordered by dragging, by buttons or by keys, saved together. */
export function StopsEditor({ tour }: { tour: TourDetail }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const stored: StopBuilding[] = tour.stops.map((stop) => stop.building);
  const [stops, setStops] = useState(stored);
  const [said, setSaid] = useState("");
  const dirty =
    stops.length !== stored.length || stops.some(({ id }, index) => id !== stored[index]?.id);
  const { guard } = useUnsavedGuard(dirty);
  const save = useMutation({
    mutationFn: (buildings: StopBuilding[]) =>
      putStops(tour.id, {
        building_ids: buildings.map(({ id }) => id),
        version: tour.version,
      }),
    onSuccess: (changed) => {
      queryClient.setQueryData(tourQuery(tour.id).queryKey, changed);
      void queryClient.invalidateQueries({ queryKey: ["tours"] });
    },
  });
  const refused = new Map(
    save.error instanceof ApiError && save.variables === stops
      ? save.error.rows.map(({ index, reason }) => [index, reason])
      : [],
  );
  const change = (next: StopBuilding[], announcement: string) => {
    setStops(next);
    setSaid(announcement);
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
  const minutes = stops.reduce((sum, stop) => sum + stop.agreed_minutes, 0);
  return (
    <section className={classes.editor} aria-labelledby="stops">
      {guard}
      <div className={classes.editorHead}>
        <h2 id="stops" className={classes.sectionTitle}>
          {t("tours.stops")}
        </h2>
        <span className={classes.quiet}>
          {t("plan.stops", { count: stops.length })} · {t("app.minutes_short", { count: minutes })}
        </span>
      </div>
      <AddStop
        region={tour.region}
        present={stops.map(({ id }) => id)}
        onAdd={(building) =>
          change(
            [...stops, building],
            t("tours.added", { address: streetLine(building.address, t) }),
          )
        }
      />
      {stops.length === 0 ? (
        <EmptyState title={t("tours.no_stops_title")} text={t("tours.no_stops_text")} />
      ) : (
        <SortableStops
          stops={stops}
          disabled={save.isPending}
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
            }
          }}
        />
      )}
      <p className={classes.said} role="status">
        {said}
      </p>
      {save.isError && save.variables === stops && (
        <FormError>
          {refused.size > 0 ? t("tours.rows_refused") : errorText(t, save.error)}
        </FormError>
      )}
      {(dirty || save.isPending) && (
        <div className={classes.saveBar}>
          <span>{t("tours.not_saved")}</span>
          <Button
            onClick={() => {
              setStops(stored);
              setSaid("");
              if (changedMeanwhile(save.error)) {
                void queryClient.invalidateQueries({ queryKey: tourQuery(tour.id).queryKey });
              }
              save.reset();
            }}
          >
            {t("tours.discard")}
          </Button>
          <Button variant="signal" loading={save.isPending} onClick={() => save.mutate(stops)}>
            {t("tours.save")}
          </Button>
        </div>
      )}
    </section>
  );
}

type SortableStopsProps = {
  stops: StopBuilding[];
  disabled: boolean;
  errorOf: (index: number) => string | undefined;
  onMove: (from: number, to: number) => void;
  onRemove: (index: number) => void;
};

function SortableStops({ stops, disabled, errorOf, onMove, onRemove }: SortableStopsProps) {
  const { t } = useTranslation();
  const list = useRef<HTMLOListElement>(null);
  const focusAfterMove = useRef<string>(undefined);
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const ids = stops.map(({ id }) => id);
  // A row that is moved in the document loses the focus.
  useEffect(() => {
    if (focusAfterMove.current !== undefined) {
      list.current?.querySelector<HTMLElement>(focusAfterMove.current)?.focus();
      focusAfterMove.current = undefined;
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
                focusAfterMove.current = `[data-stop="${stop.id}"] [data-move="${button}"]`;
                onMove(index, to);
              }}
              onRemove={() => onRemove(index)}
            />
          ))}
        </ol>
      </SortableContext>
    </DndContext>
  );
}
