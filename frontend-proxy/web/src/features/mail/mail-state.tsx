import { IconAlertTriangle, IconCheck, IconClock, IconMinus, IconSend } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { MailStatusName } from "./kinds";
import classes from "./mail-state.module.css";

const icons = {
  waiting: IconClock,
  sending: IconSend,
  sent: IconCheck,
  failed: IconAlertTriangle,
  withdrawn: IconMinus,
} as const satisfies Record<MailStatusName, unknown>;

/** What has become of a message, as a word with a sign. */
export function MailState({ status }: { status: MailStatusName }) {
  const { t } = useTranslation();
  const Icon = icons[status];
  return (
    <span className={classes.state} data-status={status}>
      <Icon size={16} aria-hidden />
      {t(`mail.status.${status}`)}
    </span>
  );
}
