import { Button } from "@mantine/core";
import { IconMessageReport } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { loadTexts } from "@/shared/i18n/i18n";
import type { Report } from "@/shared/incidents/report-fields";
import { ComingSheet } from "@/shared/ui/coming-sheet";
import { lazyPart } from "@/shared/ui/lazy-part";
import { useSheet } from "@/shared/ui/use-sheet";
import { useOutbox } from "./outbox/outbox-context";
import classes from "./stop-incident.module.css";

const IncidentSheet = lazyPart(async () => {
  const [module] = await Promise.all([
    import("./incident-sheet"),
    loadTexts(["incidents", "runs"]),
    import("@/shared/ui/dialog-window"),
  ]);
  return module.IncidentSheet;
}, ComingSheet);

type Where = { runId: number; tour: string; buildingId: number; address: string };

type StopIncidentProps = {
  where: Where;
  onAddPhotos: (files: readonly File[], incidentId: string) => void;
};

/** Tells the office of a problem at a stop, who takes it from there. */
export function StopIncident({ where, onAddPhotos }: StopIncidentProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const sheet = useSheet("incident");
  const [reported, setReported] = useState(false);
  const report = async ({ kind, text, photos }: Report): Promise<boolean> => {
    if (kind === undefined) {
      return false;
    }
    const id = crypto.randomUUID();
    const occurredAt = new Date().toISOString();
    const kept = await outbox.add(
      { kind: "incident", ...where, problem: kind, text: text.trim(), occurredAt },
      id,
    );
    if (kept) {
      onAddPhotos(photos, id);
      setReported(true);
    }
    await sheet.close();
    return kept;
  };
  return (
    <>
      <Button
        leftSection={<IconMessageReport size={18} aria-hidden />}
        onClick={() => {
          setReported(false);
          sheet.open();
        }}
      >
        {t("run.report_problem")}
      </Button>
      {reported && (
        <p role="status" className={classes.quiet}>
          {t("run.problem_sent")}
        </p>
      )}
      <IncidentSheet
        opened={sheet.opened}
        onClose={() => void sheet.close()}
        draftKey={`${where.runId}.${where.buildingId}`}
        onReport={report}
      />
    </>
  );
}
