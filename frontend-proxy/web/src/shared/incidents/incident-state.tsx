import { IconCheck, IconCircleDashed, IconEye } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./incident-state.module.css";
import type { IncidentStatus } from "./words";

const icons = {
  open: IconCircleDashed,
  acknowledged: IconEye,
  resolved: IconCheck,
} as const satisfies Record<IncidentStatus, unknown>;

/** How far an incident is, as a word with a sign. */
export function IncidentState({ status }: { status: IncidentStatus }) {
  const { t } = useTranslation();
  const Icon = icons[status];
  return (
    <span className={classes.state} data-status={status}>
      <Icon size={16} aria-hidden />
      {t(`incidents.status.${status}`)}
    </span>
  );
}
