import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { clockTime } from "@/shared/dates";
import { currentLanguage, loadTexts } from "@/shared/i18n/i18n";
import { ComingSheet } from "@/shared/ui/coming-sheet";
import { lazyPart } from "@/shared/ui/lazy-part";
import { useSheet } from "@/shared/ui/use-sheet";
import type { LocalPhoto, LocalRemark } from "./local-run";
import { useOutbox, useOutboxSnapshot } from "./outbox/outbox-context";
import { PhotoTiles } from "./photo-tiles";
import classes from "./stop-remarks.module.css";

const RemarkSheet = lazyPart(async () => {
  const [module] = await Promise.all([
    import("./remark-sheet"),
    loadTexts(["runs"]),
    import("@/shared/ui/dialog-window"),
  ]);
  return module.RemarkSheet;
}, ComingSheet);
const ConfirmDialog = lazyPart(
  async () => (await import("@/shared/ui/confirm-dialog")).ConfirmDialog,
);

type Where = { runId: number; tour: string; buildingId: number; address: string };

type StopRemarksProps = {
  remarks: readonly LocalRemark[];
  where: Where;
  onAddPhotos: (files: readonly File[], remarkId: string) => void;
  /** What else there is to do at the stop. */
  children?: ReactNode;
};

/** What the worker remarked at a stop, and the way to write more. */
export function StopRemarks({ remarks, where, onAddPhotos, children }: StopRemarksProps) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  const { sendingIds } = useOutboxSnapshot();
  const sheet = useSheet("remark");
  const [edited, setEdited] = useState<string>();
  const question = useSheet("remark-deletion");
  const [deleting, setDeleting] = useState<LocalRemark>();
  const editing = remarks.find(({ id }) => id === edited);

  const write = (id?: string) => {
    setEdited(id);
    sheet.open();
  };
  const takeOff = async ({ id, entry }: LocalPhoto, remarkId: string) => {
    if (entry?.state === "refused") {
      await outbox.remove(id);
      return true;
    }
    // Also of a photo that is still here: an answer of the server may have been lost.
    if (!(await outbox.add({ kind: "picture_removal", ...where, remarkId, pictureId: id }))) {
      return false;
    }
    // One that is under way is taken off when it has arrived.
    if (entry !== undefined && !sendingIds.has(id)) {
      await outbox.remove(id);
    }
    return true;
  };
  const save = async (text: string, photos: readonly File[], takenOff: readonly LocalPhoto[]) => {
    const id = editing?.id ?? crypto.randomUUID();
    let kept =
      editing === undefined
        ? await outbox.add(
            { kind: "remark", ...where, text, occurredAt: new Date().toISOString() },
            id,
          )
        : editing.text === text ||
          (await outbox.add({ kind: "remark_change", ...where, remarkId: id, text }));
    for (const photo of takenOff) {
      kept = kept && (await takeOff(photo, id));
    }
    if (kept) {
      onAddPhotos(photos, id);
    }
    await sheet.close();
    return kept;
  };
  const remove = async ({ id, entries }: LocalRemark) => {
    await question.close();
    // What was never taken goes from here; what the server may have, also unknown to this device, is deleted there.
    const written = entries.find((entry) => entry.kind === "remark");
    const gone = entries.filter(
      (entry) =>
        written?.state === "refused" || (entry !== written && entry.kind !== "remark_deletion"),
    );
    if (written?.state !== "refused") {
      await outbox.add({ kind: "remark_deletion", ...where, remarkId: id });
    }
    if (gone.length > 0) {
      await outbox.remove(...gone.map((entry) => entry.id));
    }
  };

  return (
    <section aria-label={t("own_remark.title")} className={classes.remarks}>
      <div className={classes.actions}>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => write()}>
          {t("own_remark.add")}
        </Button>
        {children}
      </div>
      {remarks.length > 0 && (
        <ul className={classes.list}>
          {remarks.map((remark) => (
            <li key={remark.id} className={classes.remark}>
              <p className={classes.text}>{remark.text}</p>
              <span className={classes.quiet}>
                {clockTime(remark.at, currentLanguage())}
                {remark.state !== "sent" && ` · ${t(`own_remark.${remark.state}`)}`}
              </span>
              {remark.photos.length > 0 && (
                <PhotoTiles
                  photos={remark.photos}
                  step={undefined}
                  label={t("own_remark.photos")}
                  wanted={false}
                />
              )}
              <div className={classes.actions}>
                {remark.state !== "refused" && (
                  <Button
                    aria-label={t("own_remark.edit_of", { text: short(remark.text) })}
                    onClick={() => write(remark.id)}
                  >
                    {t("own_remark.edit")}
                  </Button>
                )}
                <Button
                  aria-label={t("own_remark.delete_of", { text: short(remark.text) })}
                  onClick={() => {
                    setDeleting(remark);
                    question.open();
                  }}
                >
                  {t("own_remark.delete")}
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      <RemarkSheet
        key={edited ?? "new"}
        address={where.address}
        draftKey={`${where.runId}.${where.buildingId}`}
        remark={editing}
        opened={sheet.opened}
        onClose={() => void sheet.close()}
        onSave={save}
      />
      {question.opened && deleting !== undefined && (
        <ConfirmDialog
          title={t("own_remark.delete_title")}
          text={t("own_remark.delete_text", { text: short(deleting.text) })}
          confirm={t("own_remark.delete_confirm")}
          keep={t("own_remark.keep")}
          onConfirm={() => void remove(deleting)}
          onClose={() => void question.close()}
        />
      )}
    </section>
  );
}

const longest = 60;

function short(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest).trimEnd()}…`;
}
