import { Button, CloseButton, Textarea, VisuallyHidden } from "@mantine/core";
import { IconCamera } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { apiURL } from "@/shared/api/client";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import type { LocalPhoto, LocalRemark } from "./local-run";
import tiles from "./photo-tiles.module.css";
import { usePreview } from "./preview";
import classes from "./remark-sheet.module.css";

type RemarkSheetProps = {
  address: string;
  /** Names what is being written, which survives that the phone puts the page away for the camera. */
  draftKey: string;
  /** The one that is changed; undefined for a new one. */
  remark: LocalRemark | undefined;
  opened: boolean;
  onClose: () => void;
  /** Answers false when the device could not keep it. */
  onSave: (
    text: string,
    photos: readonly File[],
    takenOff: readonly LocalPhoto[],
  ) => Promise<boolean>;
};

/** Writes a remark, or changes one. */
export function RemarkSheet({ address, opened, onClose, ...form }: RemarkSheetProps) {
  const { t } = useTranslation();
  const title =
    form.remark === undefined ? t("remark.sheet_add", { address }) : t("remark.sheet_edit");
  return (
    <BottomSheet opened={opened} onClose={onClose} title={title}>
      <RemarkForm {...form} />
    </BottomSheet>
  );
}

const maxLength = 2000;

type Staged = { id: string; file: File };

type RemarkFormProps = Pick<RemarkSheetProps, "draftKey" | "remark" | "onSave">;

function RemarkForm({ draftKey, remark, onSave }: RemarkFormProps) {
  const { t } = useTranslation();
  const draft = `trottoir.remark.${draftKey}.${remark?.id ?? "new"}`;
  const [text, setText] = useState(() => sessionStorage.getItem(draft) ?? remark?.text ?? "");
  const [photos, setPhotos] = useState<readonly Staged[]>([]);
  const [takenOff, setTakenOff] = useState<readonly LocalPhoto[]>([]);
  const left = (remark?.photos ?? []).filter(({ id }) => takenOff.every((off) => off.id !== id));
  const [tried, setTried] = useState(false);
  const [saving, setSaving] = useState(false);
  const empty = text.trim() === "";

  const write = (value: string) => {
    setText(value);
    sessionStorage.setItem(draft, value);
  };
  const save = async () => {
    setSaving(true);
    try {
      if (
        await onSave(
          text.trim(),
          photos.map(({ file }) => file),
          takenOff,
        )
      ) {
        sessionStorage.removeItem(draft);
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
        if (!empty && !saving) {
          void save();
        }
      }}
    >
      <Textarea
        label={t("remark.text")}
        description={t("remark.hint")}
        autosize
        minRows={3}
        maxRows={10}
        maxLength={maxLength}
        data-autofocus
        value={text}
        error={tried && empty ? t("remark.text_needed") : undefined}
        onChange={(event) => write(event.currentTarget.value)}
      />
      <ul className={tiles.tiles} aria-label={t("remark.photos")}>
        <li>
          <label className={tiles.camera}>
            <IconCamera size={28} stroke={1.75} aria-hidden />
            <span>{t("run.add_photo")}</span>
            <VisuallyHidden>
              <input
                type="file"
                accept="image/*"
                multiple
                onChange={(event) => {
                  const chosen = [...(event.currentTarget.files ?? [])];
                  setPhotos([
                    ...photos,
                    ...chosen.map((file) => ({ id: crypto.randomUUID(), file })),
                  ]);
                  // The same photo may be chosen again.
                  event.currentTarget.value = "";
                }}
              />
            </VisuallyHidden>
          </label>
        </li>
        {left.map((photo, index) => (
          <LeftPhoto
            key={photo.id}
            photo={photo}
            number={index + 1}
            onRemove={() => setTakenOff([...takenOff, photo])}
          />
        ))}
        {photos.map((photo, index) => (
          <StagedPhoto
            key={photo.id}
            photo={photo.file}
            number={left.length + index + 1}
            onRemove={() => setPhotos(photos.filter((other) => other !== photo))}
          />
        ))}
      </ul>
      <Button type="submit" variant="ink" size="lg" className={classes.save} loading={saving}>
        {t("remark.save")}
      </Button>
    </form>
  );
}

type LeftPhotoProps = { photo: LocalPhoto; number: number; onRemove: () => void };

/** A photo that the remark has already. */
function LeftPhoto({ photo, number, onRemove }: LeftPhotoProps) {
  const remote = photo.picture?.urls["320"];
  const source = usePreview(photo) ?? (remote === undefined ? undefined : apiURL(remote));
  return <SheetPhoto source={source} number={number} onRemove={onRemove} />;
}

type StagedPhotoProps = { photo: File; number: number; onRemove: () => void };

function StagedPhoto({ photo, number, onRemove }: StagedPhotoProps) {
  const [url, setURL] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(photo);
    setURL(made);
    return () => URL.revokeObjectURL(made);
  }, [photo]);
  return <SheetPhoto source={url} number={number} onRemove={onRemove} />;
}

type SheetPhotoProps = { source: string | undefined; number: number; onRemove: () => void };

function SheetPhoto({ source, number, onRemove }: SheetPhotoProps) {
  const { t } = useTranslation();
  return (
    <li className={tiles.tile}>
      {source !== undefined && <img src={source} alt="" decoding="async" />}
      <CloseButton
        className={classes.remove ?? ""}
        size={44}
        aria-label={t("remark.remove_photo", { number })}
        onClick={onRemove}
      />
    </li>
  );
}
