import { CloseButton, VisuallyHidden } from "@mantine/core";
import { IconCamera } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import tiles from "./photo-tiles.module.css";
import classes from "./staged-photos.module.css";

/** A photo that was chosen and is not kept yet. */
export type StagedPhoto = { id: string; file: File };

type StagedPhotosProps = {
  photos: readonly StagedPhoto[];
  label: string;
  onChange: (photos: readonly StagedPhoto[]) => void;
  /** Opens the camera instead of asking where photos come from. */
  camera?: boolean;
  /** Tiles of photos that are kept already. */
  kept?: readonly ReactNode[];
};

/** The camera, and the photos that go with what is being written. */
export function StagedPhotos({
  photos,
  label,
  onChange,
  camera = false,
  kept = [],
}: StagedPhotosProps) {
  const { t } = useTranslation();
  return (
    <ul className={tiles.tiles} aria-label={label}>
      <li>
        <label className={tiles.camera}>
          <IconCamera size={28} stroke={1.75} aria-hidden />
          <span>{t("run.add_photo")}</span>
          <VisuallyHidden>
            <input
              type="file"
              accept="image/*"
              {...(camera ? { capture: "environment" as const } : { multiple: true })}
              onChange={(event) => {
                const chosen = [...(event.currentTarget.files ?? [])];
                onChange([...photos, ...chosen.map((file) => ({ id: crypto.randomUUID(), file }))]);
                // The same photo may be chosen again.
                event.currentTarget.value = "";
              }}
            />
          </VisuallyHidden>
        </label>
      </li>
      {kept}
      {photos.map((photo, index) => (
        <Staged
          key={photo.id}
          file={photo.file}
          number={kept.length + index + 1}
          onRemove={() => onChange(photos.filter((other) => other !== photo))}
        />
      ))}
    </ul>
  );
}

type StagedProps = { file: File; number: number; onRemove: () => void };

function Staged({ file, number, onRemove }: StagedProps) {
  const [url, setURL] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setURL(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return <RemovablePhoto source={url} number={number} onRemove={onRemove} />;
}

type RemovablePhotoProps = { source: string | undefined; number: number; onRemove: () => void };

/** The tile of a photo, with the button that takes it away. */
export function RemovablePhoto({ source, number, onRemove }: RemovablePhotoProps) {
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
