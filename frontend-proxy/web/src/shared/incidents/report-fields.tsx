import { ActionIcon, Button, FileButton, Radio, Textarea } from "@mantine/core";
import { IconCameraPlus, IconX } from "@tabler/icons-react";
import type { TFunction } from "i18next";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./report-fields.module.css";
import { type IncidentKind, incidentKinds, longestText, mostPhotos } from "./words";

/** What somebody reports, as it stands in the form. */
export type Report = { kind: IncidentKind | undefined; text: string; photos: readonly File[] };

export const emptyReport: Report = { kind: undefined, text: "", photos: [] };

export type ReportErrors = { kind?: string; text?: string };

/** What is missing in a report. */
export function reportErrors(t: TFunction, { kind, text }: Report): ReportErrors {
  return {
    ...(kind === undefined ? { kind: t("incidents.choose_kind") } : {}),
    ...(kind === "other" && text.trim() === "" ? { text: t("incidents.write_text") } : {}),
  };
}

type ReportFieldsProps = {
  report: Report;
  onChange: (report: Report) => void;
  errors: ReportErrors;
  disabled?: boolean;
};

/** What is wrong, in words and photos. */
export function ReportFields({ report, onChange, errors, disabled = false }: ReportFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Radio.Group
        label={t("incidents.report_kind")}
        error={errors.kind}
        value={report.kind ?? ""}
        onChange={(kind) => onChange({ ...report, kind: kind as IncidentKind })}
      >
        <div className={classes.kinds}>
          {incidentKinds.map((kind) => (
            <Radio.Card key={kind} value={kind} className={classes.kind} disabled={disabled}>
              <Radio.Indicator />
              <span>{t(`incidents.kinds.${kind}`)}</span>
            </Radio.Card>
          ))}
        </div>
      </Radio.Group>
      <Textarea
        label={t("incidents.report_text")}
        description={t("incidents.report_text_hint")}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={longestText}
        disabled={disabled}
        value={report.text}
        error={errors.text}
        onChange={(event) => onChange({ ...report, text: event.currentTarget.value })}
      />
      <Photos
        photos={report.photos}
        disabled={disabled}
        onChange={(photos) => onChange({ ...report, photos })}
      />
    </>
  );
}

type PhotosProps = {
  photos: readonly File[];
  disabled: boolean;
  onChange: (photos: readonly File[]) => void;
};

function Photos({ photos, disabled, onChange }: PhotosProps) {
  const { t } = useTranslation();
  const previews = usePreviews(photos);
  const full = photos.length >= mostPhotos;
  return (
    <fieldset className={classes.photos}>
      <legend>{t("incidents.report_photos")}</legend>
      {photos.length > 0 && (
        <ul className={classes.chosen}>
          {photos.map((photo, index) => (
            <li key={nameOf(photo)}>
              <img src={previews[index]} alt="" />
              <ActionIcon
                className={classes.remove ?? ""}
                aria-label={t("incidents.remove_photo", { number: index + 1 })}
                disabled={disabled}
                onClick={() => onChange(photos.filter((other) => other !== photo))}
              >
                <IconX size={18} aria-hidden />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
      {full ? (
        <p className={classes.quiet}>{t("incidents.photos_full")}</p>
      ) : (
        <FileButton
          accept="image/*"
          multiple
          disabled={disabled}
          onChange={(files) => onChange([...photos, ...files].slice(0, mostPhotos))}
        >
          {(props) => (
            <Button leftSection={<IconCameraPlus size={18} aria-hidden />} {...props}>
              {t("incidents.add_photo")}
            </Button>
          )}
        </FileButton>
      )}
    </fieldset>
  );
}

// The same photo may be chosen twice.
const names = new WeakMap<File, string>();

function nameOf(photo: File): string {
  const name = names.get(photo) ?? crypto.randomUUID();
  names.set(photo, name);
  return name;
}

/** Addresses under which chosen files can be shown, as long as they are. */
function usePreviews(photos: readonly File[]): readonly string[] {
  const [urls, setURLs] = useState<readonly string[]>([]);
  useEffect(() => {
    const made = photos.map((photo) => URL.createObjectURL(photo));
    setURLs(made);
    return () => {
      for (const url of made) {
        URL.revokeObjectURL(url);
      }
    };
  }, [photos]);
  return urls;
}
