import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { apiURL } from "@/shared/api/client";
import { BottomSheet } from "@/shared/ui/bottom-sheet";
import type { LocalPhoto, LocalRemark } from "./local-run";
import { usePreview } from "./preview";
import classes from "./remark-sheet.module.css";
import { RemovablePhoto, type StagedPhoto, StagedPhotos } from "./staged-photos";

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

type RemarkFormProps = Pick<RemarkSheetProps, "draftKey" | "remark" | "onSave">;

function RemarkForm({ draftKey, remark, onSave }: RemarkFormProps) {
  const { t } = useTranslation();
  const draft = `trottoir.remark.${draftKey}.${remark?.id ?? "new"}`;
  const [text, setText] = useState(() => sessionStorage.getItem(draft) ?? remark?.text ?? "");
  const [photos, setPhotos] = useState<readonly StagedPhoto[]>([]);
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
      <StagedPhotos
        photos={photos}
        label={t("own_remark.photos")}
        onChange={setPhotos}
        kept={left.map((photo, index) => (
          <KeptPhoto
            key={photo.id}
            photo={photo}
            number={index + 1}
            onRemove={() => setTakenOff([...takenOff, photo])}
          />
        ))}
      />
      <Button type="submit" variant="ink" size="lg" className={classes.save} loading={saving}>
        {t("remark.save")}
      </Button>
    </form>
  );
}

type KeptPhotoProps = { photo: LocalPhoto; number: number; onRemove: () => void };

/** A photo that the remark has already. */
function KeptPhoto({ photo, number, onRemove }: KeptPhotoProps) {
  const remote = photo.picture?.urls["320"];
  const source = usePreview(photo) ?? (remote === undefined ? undefined : apiURL(remote));
  return <RemovablePhoto source={source} number={number} onRemove={onRemove} />;
}
