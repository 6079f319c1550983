import { Button, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { cityLine, streetLine } from "@/shared/address";
import { buildingQuery } from "@/shared/buildings/building-query";
import {
  emptyReport,
  type ReportErrors,
  ReportFields,
  reportErrors,
} from "@/shared/incidents/report-fields";
import { problemText } from "@/shared/refusals";
import { PhotoError } from "@/shared/shrunk-photo";
import { EdgeDialog } from "@/shared/ui/dialog";
import { Form } from "@/shared/ui/form";
import { FormError } from "@/shared/ui/form-error";
import { useUnsavedGuard } from "@/shared/ui/unsaved-guard";
import classes from "./new-incident-dialog.module.css";
import { buildingsFoundQuery, useCreateIncident } from "./queries";

type NewIncidentDialogProps = {
  /** The building that the list is narrowed to. */
  building: number | undefined;
  onMade: (incident: number) => void;
  onClose: () => void;
};

/** What the office reports itself: somebody called. */
export function NewIncidentDialog({ building: given, onMade, onClose }: NewIncidentDialogProps) {
  const { t } = useTranslation();
  const [building, setBuilding] = useState(given);
  const [report, setReport] = useState(emptyReport);
  const [tried, setTried] = useState(false);
  const identity = useIdentity();
  const create = useCreateIncident();
  const errors: ReportErrors & { building?: string } = tried
    ? {
        ...reportErrors(t, report),
        ...(building === undefined ? { building: t("incidents.choose_building") } : {}),
      }
    : {};
  const problem =
    create.error instanceof PhotoError
      ? t(`device.${create.error.reason}`)
      : problemText(t, create.error);
  const touched = report.kind !== undefined || report.text !== "" || report.photos.length > 0;
  const { guard, release, closing } = useUnsavedGuard(touched);
  const close = () => closing(onClose);
  return (
    <EdgeDialog
      title={t("incidents.report_title")}
      position="right"
      closeOnClickOutside={!touched}
      onClose={close}
    >
      {guard}
      <Form
        className={classes.form}
        busy={create.isPending}
        onSubmit={() => {
          setTried(true);
          const { kind } = report;
          if (building === undefined || kind === undefined) {
            return;
          }
          const text = report.text.trim();
          if (Object.keys(reportErrors(t, report)).length > 0) {
            return;
          }
          create.mutate(
            {
              ...identity.of({ building, kind, text }),
              building,
              kind,
              text,
              photos: report.photos.map((file) => ({ id: identity.ofPhoto(file), file })),
            },
            {
              onSuccess: ({ incident }) => {
                release();
                onMade(incident.id);
              },
            },
          );
        }}
      >
        {problem !== undefined && <FormError>{problem}</FormError>}
        <BuildingField
          value={building}
          onChange={setBuilding}
          error={errors.building}
          disabled={create.isPending}
        />
        <ReportFields
          report={report}
          onChange={setReport}
          errors={errors}
          disabled={create.isPending}
        />
        <div className={classes.actions}>
          <Button type="submit" variant="signal" loading={create.isPending}>
            {t("incidents.send")}
          </Button>
          <Button onClick={close}>{t("incidents.cancel")}</Button>
        </div>
      </Form>
    </EdgeDialog>
  );
}

/** Names what is sent by its content, so that the same is never made twice. */
function useIdentity() {
  const reports = useRef(new Map<string, { id: string; occurredAt: string }>());
  const photos = useRef(new WeakMap<File, string>());
  return {
    of: (content: object) => {
      const key = JSON.stringify(content);
      const known = reports.current.get(key) ?? {
        id: crypto.randomUUID(),
        occurredAt: new Date().toISOString(),
      };
      reports.current.set(key, known);
      return known;
    },
    ofPhoto: (file: File) => {
      const known = photos.current.get(file) ?? crypto.randomUUID();
      photos.current.set(file, known);
      return known;
    },
  };
}

type BuildingFieldProps = {
  value: number | undefined;
  onChange: (building: number | undefined) => void;
  error: string | undefined;
  disabled: boolean;
};

function BuildingField({ value, onChange, error, disabled }: BuildingFieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim().slice(0, 100), 250);
  const chosen = useQuery({ ...buildingQuery(value ?? 0), enabled: value !== undefined });
  const found = useQuery(buildingsFoundQuery(asked));
  const all = new Map(
    [...(chosen.data === undefined ? [] : [chosen.data]), ...(found.data ?? [])].map((one) => [
      one.id,
      `${streetLine(one.address, t)}, ${cityLine(one.address)}`,
    ]),
  );
  return (
    <Select
      label={t("incidents.building_label")}
      placeholder={t("incidents.building_placeholder")}
      searchable
      searchValue={text}
      onSearchChange={setText}
      // The server has searched.
      filter={({ options }) => options}
      data={[...all].map(([id, label]) => ({ value: String(id), label }))}
      value={value === undefined ? null : String(value)}
      onChange={(id) => onChange(id === null ? undefined : Number(id))}
      error={error ?? (found.isError ? t("page.load_failed") : undefined)}
      disabled={disabled}
    />
  );
}
