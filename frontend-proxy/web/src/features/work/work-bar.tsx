import { UnstyledButton } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import type { LocalStop } from "./local-run";
import classes from "./work-page.module.css";

/** The stops beside the one on screen, in the order of the run. */
export type Neighbours = { previous: LocalStop | undefined; next: LocalStop | undefined };

type WorkBarProps = {
  neighbours: Neighbours;
  onShowStop: (position: number) => void;
  /** Stands above the buttons. */
  above?: ReactNode;
  /** The one thing to do next. */
  children: ReactNode;
};

/** What the thumb reaches: the one thing to do next, between the ways to the stops before and after. */
export function WorkBar({ neighbours, onShowStop, above, children }: WorkBarProps) {
  return (
    <div className={classes.bar} data-work>
      {above}
      <div className={classes.thumb}>
        <Beside to="previous" stop={neighbours.previous} onShowStop={onShowStop} />
        {children}
        <Beside to="next" stop={neighbours.next} onShowStop={onShowStop} />
      </div>
    </div>
  );
}

type BesideProps = {
  to: "previous" | "next";
  stop: LocalStop | undefined;
  onShowStop: (position: number) => void;
};

function Beside({ to, stop, onShowStop }: BesideProps) {
  const { t } = useTranslation();
  const Icon = to === "previous" ? IconChevronLeft : IconChevronRight;
  if (stop === undefined) {
    return null;
  }
  const address = streetLine(stop.building.address, t);
  return (
    <UnstyledButton
      className={classes.beside}
      aria-label={t(`run.show_${to}`, { address })}
      onClick={() => onShowStop(stop.position)}
    >
      <Icon size={28} aria-hidden />
    </UnstyledButton>
  );
}
