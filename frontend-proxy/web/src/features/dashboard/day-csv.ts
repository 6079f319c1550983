import type { TFunction } from "i18next";
import { fullName } from "@/shared/address";
import type { DaySummary } from "@/shared/api/types";
import { clockTime } from "@/shared/dates";
import { lateText } from "./late-text";

/** The runs of a day as a table for a spreadsheet: semicolons, with what Excel needs to read it as UTF-8. */
export function dayCsv(t: TFunction, summary: DaySummary, language: string): string {
  const time = (at: string | null) => (at === null ? "" : clockTime(at, language));
  const rows = [
    [
      t("summary.csv.date"),
      t("today.tour"),
      t("summary.csv.region"),
      t("today.worker"),
      t("today.state"),
      t("summary.csv.started"),
      t("summary.csv.completed"),
      t("summary.csv.worked"),
      t("summary.csv.agreed"),
      t("summary.stops"),
      t("board.stops_done"),
      t("summary.csv.skipped"),
      t("summary.csv.failed"),
      t("board.remarks"),
      t("today.late"),
      t("summary.csv.reason"),
    ],
    ...summary.runs.map((run) => [
      summary.date,
      run.tour.name,
      run.region.name,
      fullName(run.worker),
      t(`run_status.${run.status}`),
      time(run.started_at),
      time(run.completed_at),
      run.worked_minutes ?? "",
      run.agreed_minutes,
      run.stops,
      run.stops_done,
      run.stops_skipped,
      run.stops_failed,
      run.remarks,
      lateText(t, run),
      run.cancel_reason,
    ]),
  ];
  return `\ufeff${rows.map((row) => `${row.map(cell).join(";")}\r\n`).join("")}`;
}

/** A cell, quoted where that is needed. One that a spreadsheet would take for a formula is a text. */
function cell(value: string | number): string {
  const text = /^[=+\-@\t\r]/.test(String(value)) ? `'${value}` : String(value);
  return /[;"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
