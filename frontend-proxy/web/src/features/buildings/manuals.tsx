import { Button, FileButton } from "@mantine/core";
import { IconDownload, IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { apiURL } from "@/shared/api/client";
import type { Manual } from "@/shared/api/types";
import { dayOf, nearDayText } from "@/shared/dates";
import { useDownload } from "@/shared/files";
import { currentLanguage } from "@/shared/i18n/i18n";
import { problemText } from "@/shared/refusals";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { Dialog } from "@/shared/ui/dialog";
import { FormError } from "@/shared/ui/form-error";
import { ErrorState, LoadingRows } from "@/shared/ui/view-states";
import classes from "./manuals.module.css";
import { manualsQuery, useDeleteManual, useManualStatus, useUploadManual } from "./queries";
import sections from "./sections.module.css";

// As the server takes them.
const largest = 20 * 1024 * 1024;

type ManualsProps = {
  buildingId: number;
  /** The building takes new versions: it is not archived. */
  open: boolean;
  /** Who says what is up to date, and deletes. */
  office: boolean;
};

/** The versions of a building's manual, to read and to add to. */
export function Manuals({ buildingId, open, office }: ManualsProps) {
  const { t } = useTranslation();
  const manuals = useQuery(manualsQuery(buildingId));
  const upload = useUploadManual(buildingId);
  const [tooLarge, setTooLarge] = useState(false);
  const [shown, setShown] = useState<Manual>();
  const items = manuals.data;
  const problem = tooLarge ? t("manual.too_large") : problemText(t, upload.error);
  return (
    <section aria-labelledby="manuals" className={sections.section}>
      <header className={sections.header}>
        <h2 id="manuals" className={sections.title}>
          {t("manual.title")}
        </h2>
        {open && (
          <FileButton
            accept="application/pdf"
            onChange={(file) => {
              if (file === null) {
                return;
              }
              setTooLarge(file.size > largest);
              upload.reset();
              if (file.size <= largest) {
                upload.mutate(file);
              }
            }}
          >
            {(props) => (
              <Button
                {...props}
                loading={upload.isPending}
                leftSection={<IconUpload size={18} aria-hidden />}
              >
                {items?.length === 0 ? t("manual.add") : t("manual.add_version")}
              </Button>
            )}
          </FileButton>
        )}
      </header>
      {problem !== undefined && <FormError>{problem}</FormError>}
      {manuals.isPending && <LoadingRows count={1} height={72} />}
      {manuals.isError && items === undefined && (
        <ErrorState error={manuals.error} onRetry={() => manuals.refetch()} />
      )}
      {items?.length === 0 && <p className={sections.quiet}>{t("manual.empty")}</p>}
      {items !== undefined && items.length > 0 && (
        <ul className={sections.list} aria-labelledby="manuals">
          {items.map((manual, index) => (
            <ManualRow
              key={manual.id}
              manual={manual}
              newest={index === 0}
              office={office}
              onShow={() => setShown(manual)}
            />
          ))}
        </ul>
      )}
      {shown !== undefined && <ManualDialog manual={shown} onClose={() => setShown(undefined)} />}
    </section>
  );
}

type ManualRowProps = { manual: Manual; newest: boolean; office: boolean; onShow: () => void };

function ManualRow({ manual, newest, office, onShow }: ManualRowProps) {
  const { t } = useTranslation();
  const [deleting, setDeleting] = useState(false);
  const mark = useManualStatus(manual);
  const remove = useDeleteManual(manual);
  const { version } = manual;
  const outdated = manual.status === "needs_update";
  const when = nearDayText(dayOf(new Date(manual.uploaded_at)), t, currentLanguage());
  const by = manual.uploaded_by?.name;
  return (
    <li className={sections.row}>
      <p className={classes.heading}>
        <span className={newest ? classes.newest : undefined}>
          {t("manual.version", { version })}
        </span>
        {newest && (
          <span className={classes.mark} data-warning={outdated || undefined}>
            {t(outdated ? "manual.needs_update" : "manual.up_to_date")}
          </span>
        )}
      </p>
      <p className={sections.quiet}>
        {[when, ...(by === undefined || by === "" ? [] : [by]), sizeText(manual.size)].join(" · ")}
      </p>
      {mark.isError && <FormError>{problemText(t, mark.error)}</FormError>}
      <div className={sections.actions}>
        <Button aria-label={t("manual.show_of", { version })} onClick={onShow}>
          {t("manual.show")}
        </Button>
        {office && newest && (
          <Button
            loading={mark.isPending}
            onClick={() => mark.mutate(outdated ? "up_to_date" : "needs_update")}
          >
            {t(outdated ? "manual.mark_up_to_date" : "manual.mark_needs_update")}
          </Button>
        )}
        {office && (
          <Button aria-label={t("manual.delete_of", { version })} onClick={() => setDeleting(true)}>
            {t("comment.delete")}
          </Button>
        )}
      </div>
      {deleting && (
        <ConfirmDialog
          title={t("manual.delete_title", { version })}
          text={t("manual.delete_text")}
          confirm={t("manual.delete_confirm", { version })}
          pending={remove.isPending}
          problem={problemText(t, remove.error)}
          onConfirm={() => remove.mutate(undefined, { onSuccess: () => setDeleting(false) })}
          onClose={() => setDeleting(false)}
        />
      )}
    </li>
  );
}

function sizeText(bytes: number): string {
  const inMB = bytes >= 1_000_000;
  return new Intl.NumberFormat(currentLanguage(), {
    style: "unit",
    unit: inMB ? "megabyte" : "kilobyte",
    maximumFractionDigits: inMB ? 1 : 0,
  }).format(Math.max(bytes / (inMB ? 1_000_000 : 1_000), 1));
}

/** A manual on the page, where the browser shows PDF files; else a way to get it. */
function ManualDialog({ manual, onClose }: { manual: Manual; onClose: () => void }) {
  const { t } = useTranslation();
  const source = apiURL(manual.url);
  const file = useDownload(manual.url);
  const title = t("manual.dialog", { version: manual.version });
  return (
    <Dialog title={title} onClose={onClose} size="xl">
      <div className={classes.viewer}>
        {navigator.pdfViewerEnabled ? (
          <iframe className={classes.frame} src={source} title={title} />
        ) : (
          <p className={sections.quiet}>{t("manual.no_viewer")}</p>
        )}
        <Button
          leftSection={<IconDownload size={18} aria-hidden />}
          renderRoot={(props) => <a {...props} {...file} />}
        >
          {t("manual.download")}
        </Button>
      </div>
    </Dialog>
  );
}
