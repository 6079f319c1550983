import { ActionIcon, Button } from "@mantine/core";
import { IconPhotoPlus, IconX } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { currentLanguage } from "@/shared/i18n/i18n";
import { FormError } from "@/shared/ui/form-error";
import { Picture } from "@/shared/ui/picture";
import type { ChosenPhoto } from "./draft";
import { PhotoDialog } from "./photo-dialog";
import classes from "./photos.module.css";
import { pictureBytesQuery } from "./queries";
import type { Choice } from "./receiver-fields";
import { momentText, sizeText } from "./texts";

const mostBytes = 10 * 1024 * 1024;

type PhotoFieldProps = {
  photos: readonly ChosenPhoto[];
  /** The building that the mail is about. */
  building: Choice | undefined;
  onChange: (photos: ChosenPhoto[]) => void;
  error: string | undefined;
};

/** The photos that go with a mail, and how much they have together. */
export function PhotoField({ photos, building, onChange, error }: PhotoFieldProps) {
  const { t } = useTranslation();
  const [choosing, setChoosing] = useState(false);
  const size = useBytes(photos);
  return (
    <fieldset className={classes.section}>
      <legend>{t("mail_write.photos")}</legend>
      {photos.length > 0 && (
        <>
          <ul className={classes.photos} aria-label={t("mail_write.photos")}>
            {photos.map((photo) => {
              const name = `${photo.building}, ${momentText(t, photo.taken_at)}`;
              return (
                <li key={photo.id} className={classes.chosen}>
                  <Picture picture={photo} alt="" />
                  <span className={classes.caption}>{name}</span>
                  <ActionIcon
                    className={classes.remove ?? ""}
                    aria-label={t("mail_write.photo_remove", { name })}
                    onClick={() => onChange(photos.filter(({ id }) => id !== photo.id))}
                  >
                    <IconX size={18} aria-hidden />
                  </ActionIcon>
                </li>
              );
            })}
          </ul>
          <p className={classes.size} data-bad={size.tooMuch || undefined} role="status">
            {size.known
              ? t("mail_write.photos_size", {
                  count: photos.length,
                  size: sizeText(size.bytes, currentLanguage()),
                })
              : t("mail_write.photos_measured", { count: photos.length })}
            {size.tooMuch && ` ${t("mail_write.photos_too_much")}`}
          </p>
        </>
      )}
      {error !== undefined && <FormError>{error}</FormError>}
      <Button
        leftSection={<IconPhotoPlus size={20} aria-hidden />}
        onClick={() => setChoosing(true)}
      >
        {t("mail_write.photos_add")}
      </Button>
      {choosing && (
        <PhotoDialog
          building={building}
          chosen={photos}
          onChange={onChange}
          onClose={() => setChoosing(false)}
        />
      )}
    </fieldset>
  );
}

function useBytes(photos: readonly ChosenPhoto[]) {
  return useQueries({
    queries: photos.map(pictureBytesQuery),
    combine: (sizes) => {
      const bytes = sizes.reduce((sum, { data }) => sum + (data ?? 0), 0);
      return {
        bytes,
        known: sizes.every(({ data }) => data !== undefined),
        tooMuch: bytes > mostBytes,
      };
    },
  });
}
