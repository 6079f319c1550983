import { ActionIcon, Menu } from "@mantine/core";
import { IconDots, IconPhotoOff } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Remark } from "@/shared/api/types";
import { ReasonDialog } from "@/shared/ui/reason-dialog";
import classes from "./photo-actions.module.css";
import { useRemovePhoto } from "./queries";

type PhotoActionsProps = { remark: Remark; photo: { id: string; caption: string } };

/** What the office does with a photo of a remark; the log keeps why. */
export function PhotoActions({ remark, photo }: PhotoActionsProps) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const removal = useRemovePhoto(remark, photo.id);
  return (
    <>
      <Menu position="bottom-end" width={240} shadow="none" withinPortal>
        <Menu.Target>
          <ActionIcon
            className={classes.more ?? ""}
            aria-label={t("remark.photo_more", { photo: photo.caption })}
          >
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPhotoOff size={18} aria-hidden />}
            onClick={() => setAsking(true)}
          >
            {t("remark.take_photo_off")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ReasonDialog
        opened={asking}
        title={t("remark.take_photo_off_title")}
        text={t("remark.take_photo_off_text")}
        label={t("remark.take_photo_off_reason")}
        missing={t("remark.reason_needed")}
        confirm={t("remark.take_photo_off")}
        keep={t("remark.keep")}
        pending={removal.isPending}
        error={removal.error}
        onConfirm={(reason) => removal.mutate(reason)}
        onClose={() => {
          removal.reset();
          setAsking(false);
        }}
      />
    </>
  );
}
