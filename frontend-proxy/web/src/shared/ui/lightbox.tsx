import { ActionIcon, Button } from "@mantine/core";
import {
  IconAlertTriangle,
  IconChevronLeft,
  IconChevronRight,
  IconDownload,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { apiURL } from "../api/client";
import type { Picture } from "../api/types";
import { useDownload } from "../files";
import { Dialog } from "./dialog";
import classes from "./lightbox.module.css";

export type Shown = {
  picture: Pick<Picture, "id" | "urls" | "width" | "height">;
  caption: string;
  /** What has to be known of the photo besides. */
  notes?: readonly string[];
};

type LightboxProps = {
  photos: readonly Shown[];
  /** Which of them is shown. */
  index: number;
  onIndex: (index: number) => void;
  onClose: () => void;
};

/** Photos one by one, large, with what they show; the arrow keys turn them. */
export function Lightbox({ photos, index, onIndex, onClose }: LightboxProps) {
  const { t } = useTranslation();
  const shown = photos[index];
  const path = shown?.picture.urls["1600"] ?? shown?.picture.urls["320"] ?? "";
  // The server names the file; one that has a version in its address is shown only.
  const file = useDownload(path.includes("?") ? path : `${path}?download`);
  if (shown === undefined) {
    return null;
  }
  const turn = (step: number) => {
    if (photos[index + step] !== undefined) {
      onIndex(index + step);
    }
  };
  return (
    <Dialog title={shown.caption} onClose={onClose} size="xl">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrows are keys for the buttons inside */}
      <div
        className={classes.lightbox}
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
            event.preventDefault();
            turn(event.key === "ArrowLeft" ? -1 : 1);
          }
        }}
      >
        <img
          key={shown.picture.id}
          className={classes.photo}
          src={apiURL(path)}
          alt={shown.caption}
          width={shown.picture.width}
          height={shown.picture.height}
        />
        {shown.notes?.map((note) => (
          <p key={note} className={classes.note}>
            <IconAlertTriangle size={16} aria-hidden />
            {note}
          </p>
        ))}
        <div className={classes.actions}>
          <ActionIcon
            data-autofocus
            aria-label={t("lightbox.previous")}
            aria-disabled={index === 0}
            onClick={() => turn(-1)}
          >
            <IconChevronLeft size={20} aria-hidden />
          </ActionIcon>
          <span role="status">
            {t("lightbox.position", { position: index + 1, count: photos.length })}
          </span>
          <ActionIcon
            aria-label={t("lightbox.next")}
            aria-disabled={index === photos.length - 1}
            onClick={() => turn(1)}
          >
            <IconChevronRight size={20} aria-hidden />
          </ActionIcon>
          <Button
            leftSection={<IconDownload size={18} aria-hidden />}
            renderRoot={(props) => <a {...props} {...file} />}
          >
            {t("lightbox.download")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
