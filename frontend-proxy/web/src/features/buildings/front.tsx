import { Button, FileButton, UnstyledButton } from "@mantine/core";
import { IconCamera } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { streetLine } from "@/shared/address";
import { apiURL } from "@/shared/api/client";
import type { Building } from "@/shared/api/types";
import { problemText } from "@/shared/refusals";
import { PhotoError } from "@/shared/shrunk-photo";
import { ConfirmDialog } from "@/shared/ui/confirm-dialog";
import { FormError } from "@/shared/ui/form-error";
import { Lightbox } from "@/shared/ui/lightbox";
import classes from "./front.module.css";
import { usePutFront } from "./queries";
import sections from "./sections.module.css";

type FrontProps = {
  building: Building;
  /** Who may change it, as long as the building is in use. */
  office: boolean;
};

/** The photo of a building's front, by which a worker knows it. */
export function Front({ building, office }: FrontProps) {
  const { t } = useTranslation();
  const [large, setLarge] = useState(false);
  const [removing, setRemoving] = useState(false);
  const put = usePutFront(building.id);
  const { photo } = building;
  const open = office && !building.archived;
  const caption = t("front.of", { address: streetLine(building.address, t) });
  const problem =
    put.error instanceof PhotoError ? t(`front.${put.error.reason}`) : problemText(t, put.error);
  if (photo === null && !open) {
    return null;
  }
  return (
    <section aria-labelledby="front" className={sections.section}>
      <header className={sections.header}>
        <h2 id="front" className={sections.title}>
          {t("front.title")}
        </h2>
        {open && (
          <div className={classes.actions}>
            <FileButton
              accept="image/jpeg,image/png,image/webp,image/heic"
              onChange={(file) => {
                if (file !== null) {
                  put.mutate(file);
                }
              }}
            >
              {(props) => (
                <Button
                  {...props}
                  loading={put.isPending && !removing}
                  leftSection={<IconCamera size={18} aria-hidden />}
                >
                  {photo === null ? t("front.add") : t("front.replace")}
                </Button>
              )}
            </FileButton>
            {photo !== null && (
              <Button onClick={() => setRemoving(true)}>{t("front.remove")}</Button>
            )}
          </div>
        )}
      </header>
      {problem !== undefined && !removing && <FormError>{problem}</FormError>}
      {photo === null ? (
        <p className={sections.quiet}>{t("front.empty")}</p>
      ) : (
        <UnstyledButton
          className={classes.photo}
          aria-label={t("front.enlarge", { caption })}
          onClick={() => setLarge(true)}
        >
          <img
            src={apiURL(photo.urls["1600"])}
            alt={caption}
            width={photo.width}
            height={photo.height}
            loading="lazy"
            decoding="async"
          />
        </UnstyledButton>
      )}
      {large && photo !== null && (
        <Lightbox
          photos={[{ picture: { ...photo, id: photo.urls["1600"] }, caption }]}
          index={0}
          onIndex={() => undefined}
          onClose={() => setLarge(false)}
        />
      )}
      {removing && (
        <ConfirmDialog
          title={t("front.remove_title")}
          text={t("front.remove_text")}
          confirm={t("front.remove")}
          pending={put.isPending}
          problem={problem}
          onConfirm={() => put.mutate(undefined, { onSuccess: () => setRemoving(false) })}
          onClose={() => setRemoving(false)}
        />
      )}
    </section>
  );
}
