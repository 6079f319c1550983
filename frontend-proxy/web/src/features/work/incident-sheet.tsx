import { Button } from "@mantine/core";
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
import classes from "./stop-incident.module.css";

type IncidentSheetProps = ReportFormProps & { opened: boolean; onClose: () => void };

/** What the office is told of a problem at a stop. */
export function IncidentSheet({ opened, onClose, ...form }: IncidentSheetProps) {
  const { t } = useTranslation();
  return (
    <BottomSheet opened={opened} onClose={onClose} title={t("incidents.report_title")}>
      <ReportForm {...form} />
    </BottomSheet>
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
