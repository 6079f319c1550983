import { Button } from "@mantine/core";
import { IconMessageReport } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  emptyReport,
  type Report,
  ReportFields,
  reportErrors,
} from "@/shared/incidents/report-fields";
import { isIncidentKind } from "@/shared/incidents/words";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import { useSheet } from "@/shared/ui/use-sheet";
import { useOutbox } from "./outbox/outbox-context";
import classes from "./stop-incident.module.css";

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
        {t("incidents.report_title")}
      </Button>
      {reported && (
        <p role="status" className={classes.quiet}>
          {t("incidents.sent")}
        </p>
      )}
      <BottomSheet
        opened={sheet.opened}
        onClose={() => void sheet.close()}
        title={t("incidents.report_title")}
      >
        <ReportForm draftKey={`${where.runId}.${where.buildingId}`} onReport={report} />
      </BottomSheet>
    </>
  );
}

/** What was begun before the phone put the page away for the camera. */
function draftOf(key: string): Report {
  try {
    const { kind, text } = JSON.parse(sessionStorage.getItem(key) ?? "{}");
    return {
      ...emptyReport,
      kind: isIncidentKind(kind) ? kind : undefined,
      text: typeof text === "string" ? text : "",
    };
  } catch {
    return emptyReport;
  }
}

type ReportFormProps = { draftKey: string; onReport: (report: Report) => Promise<boolean> };

function ReportForm({ draftKey, onReport }: ReportFormProps) {
  const { t } = useTranslation();
  const draft = `trottoir.incident.${draftKey}`;
  const [report, setReport] = useState(() => draftOf(draft));
  const [tried, setTried] = useState(false);
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    try {
      if (await onReport(report)) {
        sessionStorage.removeItem(draft);
        setReport(emptyReport);
        setTried(false);
      }
    } finally {
      setSaving(false);
    }
  };
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (Object.keys(reportErrors(t, report)).length === 0 && !saving) {
          void save();
        }
      }}
    >
      <ReportFields
        report={report}
        errors={tried ? reportErrors(t, report) : {}}
        onChange={(changed) => {
          setReport(changed);
          sessionStorage.setItem(draft, JSON.stringify({ kind: changed.kind, text: changed.text }));
        }}
      />
      <Button type="submit" variant="ink" size="lg" className={classes.send ?? ""} loading={saving}>
        {t("incidents.send")}
      </Button>
    </form>
  );
}
