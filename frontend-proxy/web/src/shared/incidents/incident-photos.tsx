import { UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { IncidentPicture } from "../api/types";
import { Lightbox } from "../ui/lightbox";
import { Picture } from "../ui/picture";
import classes from "./incident-photos.module.css";

/** The photos of an incident, small; each opens large. */
export function IncidentPhotos({ pictures }: { pictures: readonly IncidentPicture[] }) {
  const { t } = useTranslation();
  const kept = pictures.filter((picture) => !picture.removed_at);
  const [large, setLarge] = useState<number>();
  const photos = kept.map((picture, index) => ({
    picture,
    caption: t("incidents.photo", { number: index + 1, total: kept.length }),
  }));
  if (pictures.length === 0) {
    return null;
  }
  if (photos.length === 0) {
    return <p className={classes.removed}>{t("incidents.photos_removed")}</p>;
  }
  return (
    <>
      <ul className={classes.photos}>
        {photos.map(({ picture, caption }, index) => (
          <li key={picture.id}>
            <UnstyledButton className={classes.photo} onClick={() => setLarge(index)}>
              <Picture picture={picture} alt={caption} />
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {large !== undefined && (
        <Lightbox
          photos={photos}
          index={large}
          onIndex={setLarge}
          onClose={() => setLarge(undefined)}
        />
      )}
    </>
  );
}
