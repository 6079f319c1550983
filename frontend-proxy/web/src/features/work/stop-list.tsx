import { UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { StopMark } from "@/shared/ui/stop-mark";
import type { LocalStop } from "./local-run";
import classes from "./work-page.module.css";

type StopListProps = {
  stops: readonly LocalStop[];
  /** Makes the stops selectable. */
  onShowStop?: (position: number) => void;
};

export function StopList({ stops, onShowStop }: StopListProps) {
  const { t } = useTranslation();
  return (
    <ol className={classes.stops} aria-label={t("own_run.stop_list")}>
      {stops.map((stop) => (
        <li key={stop.position}>
          {onShowStop === undefined ? (
            <div className={classes.stop}>
              <StopLine stop={stop} />
            </div>
          ) : (
            <UnstyledButton className={classes.stop} onClick={() => onShowStop(stop.position)}>
              <StopLine stop={stop} />
            </UnstyledButton>
          )}
        </li>
      ))}
    </ol>
  );
}

function StopLine({ stop }: { stop: LocalStop }) {
  const { t } = useTranslation();
  return (
    <>
      <StopMark state={stop.state} position={stop.position} />
      <span className={classes.stopText}>
        <span>{streetLine(stop.building.address, t)}</span>
        <span className={classes.quiet}>
          {stop.reason === "" ? t(`segment.${stop.state}`) : stop.reason}
        </span>
      </span>
    </>
  );
}
