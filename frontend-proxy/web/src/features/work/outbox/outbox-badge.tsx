import { UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconArrowUp, IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { loadTexts } from "@/shared/i18n/i18n";
import { ComingSheet } from "@/shared/ui/coming-sheet";
import { lazyPart } from "@/shared/ui/lazy-part";
import { useSheet } from "@/shared/ui/use-sheet";
import classes from "./outbox.module.css";
import { useOutboxSnapshot } from "./outbox-context";

const OutboxSheet = lazyPart(async () => {
  const [module] = await Promise.all([
    import("./outbox-sheet"),
    loadTexts(["runs"]),
    import("@/shared/ui/dialog-window"),
  ]);
  return module.OutboxSheet;
}, ComingSheet);

/** How many things wait on this device; a tap shows them. */
export function OutboxBadge() {
  const { t } = useTranslation();
  const { entries, read } = useOutboxSnapshot();
  const sheet = useSheet("queue");
  const refused = entries.filter((entry) => entry.state === "refused").length;
  const label =
    refused > 0
      ? t("device.refused", { count: refused })
      : entries.length > 0
        ? t("device.waiting", { count: entries.length })
        : t("device.all_sent");
  if (!read) {
    return null; // "everything is sent" may be untrue
  }
  return (
    <>
      <UnstyledButton
        className={classes.badge}
        data-refused={refused > 0 || undefined}
        aria-label={label}
        onClick={sheet.open}
      >
        {entries.length === 0 && <IconCheck size={18} aria-hidden />}
        {entries.length > 0 && refused === 0 && (
          <>
            <span className={classes.dot} aria-hidden />
            {entries.length}
            <IconArrowUp size={18} aria-hidden />
          </>
        )}
        {refused > 0 && (
          <>
            <IconAlertTriangle size={18} aria-hidden />
            {entries.length}
          </>
        )}
      </UnstyledButton>
      <OutboxSheet opened={sheet.opened} onClose={() => void sheet.close()} />
    </>
  );
}
