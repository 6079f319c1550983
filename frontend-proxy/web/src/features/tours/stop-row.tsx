import { useSortable } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { ActionIcon } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconGripVertical, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import type { StopBuilding } from "./stops-editor";
import classes from "./stops-editor.module.css";

type StopRowProps = {
  stop: StopBuilding;
  position: number;
  last: boolean;
  disabled: boolean;
  error: string | undefined;
  /** What is collected there that day, where it is known. */
  children?: ReactNode;
  /** Moves it one place up (-1) or down (1). */
  onMove: (step: -1 | 1) => void;
  onRemove: () => void;
};

/** A stop under edit. */
export function StopRow({
  stop,
  position,
  last,
  disabled,
  error,
  children,
  onMove,
  onRemove,
}: StopRowProps) {
  const { t } = useTranslation();
  const {
    attributes,
    listeners,
    setNodeRef,
    setActivatorNodeRef,
    transform,
    transition,
    isDragging,
    isSorting,
    newIndex,
  } = useSortable({ id: stop.id, disabled });
  const address = streetLine(stop.address, t);
  return (
    <li
      ref={setNodeRef}
      className={classes.stop}
      data-stop={stop.id}
      data-dragging={isDragging || undefined}
      style={{ transform: CSS.Translate.toString(transform), transition }}
    >
      <button
        type="button"
        ref={setActivatorNodeRef}
        className={classes.handle}
        {...attributes}
        {...listeners}
        aria-label={t("tours.drag", { address })}
      >
        <IconGripVertical size={20} aria-hidden />
      </button>
      <span className={classes.position}>{isSorting ? newIndex + 1 : position}</span>
      <span className={classes.stopText}>
        <span className={classes.stopName}>{address}</span>
        <span className={classes.quiet}>
          {stop.name !== "" && stop.name !== `${stop.address.street} ${stop.address.house_number}`
            ? `${stop.name}, `
            : ""}
          {cityLine(stop.address)} · {t("app.minutes_short", { count: stop.agreed_minutes })}
        </span>
        {children}
        {error !== undefined && <span className={classes.stopError}>{error}</span>}
      </span>
      <span className={classes.stopActions}>
        <ActionIcon
          data-move="up"
          aria-label={t("tours.up", { address })}
          disabled={disabled || position === 1}
          onClick={() => onMove(-1)}
        >
          <IconArrowUp size={20} aria-hidden />
        </ActionIcon>
        <ActionIcon
          data-move="down"
          aria-label={t("tours.down", { address })}
          disabled={disabled || last}
          onClick={() => onMove(1)}
        >
          <IconArrowDown size={20} aria-hidden />
        </ActionIcon>
        <ActionIcon
          data-remove
          aria-label={t("tours.remove", { address })}
          disabled={disabled}
          onClick={onRemove}
        >
          <IconX size={20} aria-hidden />
        </ActionIcon>
      </span>
    </li>
  );
}
